"""What the backbones share: their configuration, and weights that are checked."""

from zoo import preset_weights
from zoo.checked_model import CheckedModel, argument_names
from zoo.from_preset import FromPreset


class ConfiguredBackbone(CheckedModel, FromPreset):
    """Mixin for KerasHub backbones whose configuration is the arguments of `__init__`."""

    def load_weights(self, filepath, **kwargs):
        """As `keras.Model.load_weights`; a file of another network is a `ValueError`."""
        with preset_weights.clear_weight_errors(filepath):
            super().load_weights(filepath, **kwargs)
            if str(filepath).endswith(".h5"):
                preset_weights.check_count(filepath, self)

    def keep(self, config):
        """Keeps the configuration as attributes, once the network is built."""
        for name, value in config.items():
            setattr(self, name, value)

    def get_config(self):
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in config_names(type(self))},
        }


def config_names(backbone_class):
    """Names of the arguments of a backbone that make its configuration."""
    return [name for name in argument_names(backbone_class) if name != "dtype"]


def config_of(backbone_class, arguments):
    """The configuration among the arguments of a backbone, given as its `locals()`."""
    return {name: arguments[name] for name in config_names(backbone_class)}
