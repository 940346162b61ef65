"""Networks and the presets made of them: layers, backbones, `list_presets` and `load`."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "PresetInfo": "zoo.presets",
        "backbones": "zoo.backbones",
        "layers": "zoo.layers",
        "list_presets": "zoo.presets",
        "load": "zoo.presets",
        "presets": "zoo.presets",
        "samplers": "zoo.samplers",
    },
)
