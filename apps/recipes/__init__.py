"""Recipes: all that makes a preset, as JSON."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "RECIPES": "apps.recipes.reading",
        "Recipe": "apps.recipes.sections",
        "read_recipe": "apps.recipes.reading",
    },
)
