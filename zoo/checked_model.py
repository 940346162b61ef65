"""What backbones and apps share: arguments that are checked, and frozen layers that stay so."""

import keras

from zoo.argument_names import named_arguments, no_argument

_OF_KERAS = ("inputs", "outputs", "dtype", "name", "trainable", "compile")


class CheckedModel:
    """Mixin for Keras models, put before their class.

    Keras' functional models ignore arguments that they do not know: here these are errors. And
    their configuration tells of the model alone whether it is trainable: here it also has the
    layers that are frozen, so that they are after a reload.
    """

    def __init__(self, *args, **kwargs):
        check_arguments(type(self), kwargs)
        if not isinstance(kwargs.get("trainable", True), bool):
            raise ValueError(f"`trainable` must be a boolean, got {kwargs['trainable']!r}.")
        super().__init__(*args, **kwargs)
        if not self.trainable:
            freeze(self)

    def layers_with_flags(self):
        """The layers, at any depth, whose flag `trainable` is this model's to keep."""
        return list(self._flatten_layers(include_self=False))

    def plot(self, file="model.png", **options):
        """Draws the layers into a file.

        Args:
            file: The picture, by its ending PNG, SVG or PDF.
            **options: As `keras.utils.plot_model`: `show_shapes`, `rankdir`, ...

        Raises:
            ImportError: Without pydot and Graphviz, which draw it.
        """
        try:
            return keras.utils.plot_model(self, str(file), **options)
        except ImportError:
            raise ImportError(
                "`plot` needs pydot, pip install 'seqzoo[plot]', and the programs of Graphviz, "
                "which https://graphviz.org tells how to get."
            ) from None

    def get_config(self):
        flags = enumerate(layer.trainable for layer in self.layers_with_flags())
        frozen = [place for place, trainable in flags if not trainable]
        return {**super().get_config(), **({"frozen": frozen} if frozen else {})}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        frozen = config.pop("frozen", ())
        model = super().from_config(config)
        if frozen:  # a layer comes before its parts, whose flags it sets, too
            for place, layer in enumerate(model.layers_with_flags()):
                layer.trainable = place not in frozen
        return model


def freeze(layer):
    """Freezes a layer with its parts, although its flag says already that it is.

    TensorFlow leaves out an assignment of what is there, and so the layer would not tell its parts.
    """
    layer.trainable = True
    layer.trainable = False


def check_arguments(model_class, arguments):
    """Raises a `TypeError` that names the argument which a model's class does not have.

    Args:
        model_class: The class.
        arguments: Names of the arguments that came.
    """
    own = argument_names(model_class)
    for name in arguments:
        if name not in (*own, *_OF_KERAS):
            raise TypeError(no_argument(model_class, name, own))


def argument_names(model_class):
    """Names of the arguments of a class that are this package's or a user's, not Keras'."""
    return named_arguments(model_class, CheckedModel)
