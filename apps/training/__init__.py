"""From a recipe to a preset, and from a preset to its figures."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {"evaluate": "apps.training.from_recipe", "train": "apps.training.from_recipe"},
    first="zoo.quiet_keras_hub",
)
