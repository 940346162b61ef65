"""Networks and the presets made of them: layers, backbones, `list_presets` and `load`."""

from zoo import backbones, layers, presets, samplers
from zoo.presets import PresetInfo, list_presets, load

__all__ = ["PresetInfo", "backbones", "layers", "list_presets", "load", "presets", "samplers"]
