"""Recipes: all that makes a preset, as JSON."""

from apps.recipes.reading import RECIPES, read_recipe
from apps.recipes.sections import Recipe

__all__ = ["RECIPES", "Recipe", "read_recipe"]
