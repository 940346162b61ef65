"""Loading classes of KerasHub from presets, by name."""

import keras
import keras_hub
from keras_hub.src.utils.preset_utils import get_preset_loader  # it has no public place

from zoo import preset_files
from zoo.argument_names import names_the_nearest
from zoo.presets import locate


class FromPreset:
    """Mixin for KerasHub classes: `from_preset` knows bundled names and checks the folder.

    Their errors for unknown arguments name the nearest.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if issubclass(cls, keras.layers.Layer):
            names_the_nearest(cls)

    @classmethod
    def from_preset(cls, preset, *args, **kwargs):
        """As KerasHub's `from_preset`, but `preset` may also be the name of a bundled preset.

        Args:
            preset: Name of a bundled preset, a folder, or a handle such as `"hf://user/model"`.
            *args: Passed on to KerasHub.
            **kwargs: Passed on to KerasHub.

        Raises:
            ValueError: If the name is unknown, the preset has something of another class, or the
                weights do not fit the configuration.
            FileNotFoundError: If the folder lacks a file.
        """
        folder = locate(preset)
        if issubclass(cls, keras.Model):
            preset_files.check(folder)
            return super().from_preset(folder, *args, **kwargs)
        # Not by KerasHub's own: it looks for a class that belongs to the preset's kind of backbone.
        loader = get_preset_loader(folder)
        is_tokenizer = issubclass(cls, keras_hub.tokenizers.Tokenizer)
        load_own = loader.load_tokenizer if is_tokenizer else loader.load_preprocessor
        found = load_own(cls, *args, **kwargs)
        if not isinstance(found, cls):
            raise ValueError(
                f"`preset` must have a {cls.__name__}, got {preset!r}, which has a "
                f"{type(found).__name__}."
            )
        return found
