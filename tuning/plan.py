"""What a search is: a recipe, what may change in it, and how good trials are told from bad ones."""

import json
import os
import pathlib
import typing
from typing import Annotated, Any, Literal

import keras_tuner
import pydantic

from apps import datasets
from apps.datasets.own import fingerprint
from apps.recipes import Recipe, read_recipe
from apps.recipes.reading import section_classes
from apps.recipes.sections import Positive, Section
from tuning.objectives import check_objective
from tuning.spaces import check_changes, space_of, suggest
from zoo import preset_files

FILE = "search.json"
_HOLDOUT = 2000  # at most so many training examples tell good trials from bad ones

AtLeast = Annotated[float, pydantic.Field(gt=0)]


class Plan(Section):
    """A search, as the JSON file in its folder has it.

    Attributes:
        recipe: The recipe that the trials change; its `data.holdout` examples of the training part
            are what they are compared on.
        space: Changes of the app's space; see `tuning.spaces.suggest`.
        algorithm: `"random"`, `"bayesian"` or `"hyperband"`.
        objective: See `tuning.objectives`.
        max_parameters: Models with more weights are skipped.
        max_megabytes: Models whose float16 weights take more are skipped (units of 10^6 bytes).
        min_examples_per_second: Models that answer fewer in a batch are skipped.
        seed: Seed of the algorithm; trials have the recipe's.
        data: What tells data in memory from other data of that name.
    """

    recipe: dict[str, Any]
    space: dict[str, Any] = {}
    algorithm: Literal["random", "bayesian", "hyperband"] = "bayesian"
    objective: str
    max_parameters: Positive | None = None
    max_megabytes: AtLeast | None = None
    min_examples_per_second: AtLeast | None = None
    seed: Annotated[int, pydantic.Field(ge=0)] = 0
    data: str = ""

    @property
    def app(self):
        return self.recipe["app"]

    def values(self, hp):
        """The values of a recipe's fields, by their place, for some hyper-parameters."""
        return suggest(hp, space_of(self.app), self.space)

    def recipe_with(self, values):
        """The recipe with some values; floats have four significant digits."""
        recipe = json.loads(json.dumps(self.recipe))
        kind = recipe["network"].get("kind")
        if values.get("network.kind", kind) != kind:
            recipe["network"] = {}  # its fields are those of another kind of network
        for place, value in values.items():
            section, _, field = place.partition(".")
            value = float(f"{value:.4g}") if isinstance(value, float) else value
            recipe[section] = {**(recipe[section] or {}), field: value}
        return read_recipe(recipe)

    def hyperparameters(self):
        """The space as Keras Tuner keeps it."""
        hp = keras_tuner.HyperParameters()
        self.values(hp)
        return hp

    def own_values(self, hp):
        """The recipe's own values of those hyper-parameters whose range they lie in."""
        found = {}
        for each in hp.space:
            section, _, field = each.name.partition(".")
            value = (self.recipe[section] or {}).get(field)
            value = "none" if value is None else value
            if _allows(each, value):
                found[each.name] = value
        return found


def make_plan(recipe, space=None, objective=None, **options):
    """The plan of a search.

    Args:
        recipe: A `Recipe`, a dictionary or the path of a JSON file. Without `data.holdout`, a tenth
            of the training part is held out, at most 2,000 examples.
        space: Changes of the app's space, or the path of a JSON file with them.
        objective: See `tuning.objectives`; by default the app's own.
        **options: The other fields of `Plan`.

    Returns:
        A `Plan`.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If something in them is wrong.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    fields = recipe.model_dump(mode="json")
    if not fields["data"]["holdout"]:
        count = datasets.info(recipe.data.name).splits["train"]
        fields["data"]["holdout"] = max(1, min(_HOLDOUT, count // 10))
    fields_of = _fields(recipe)
    changes = read_changes(space)
    check_changes(changes, list(fields_of))
    changes = {name: _typed(change, fields_of[name]) for name, change in changes.items()}
    own = json.loads(json.dumps(changes))
    changes = {**_own_choices(fields, recipe.app, own), **own}
    if recipe.start_from:
        settled = _sizes_of_start(recipe)
        if set(settled) & set(own):
            raise ValueError(
                f"`space` must not have {sorted(set(settled) & set(own))}, which `start_from`, "
                f"{recipe.start_from!r}, settles."
            )
        changes = {**changes, **settled}
    plan = _checked(
        recipe=fields,
        space=changes,
        objective=check_objective(objective, recipe),
        data=fingerprint(recipe.data.name),
        **options,
    )
    _check_values(plan, own)
    return plan


def _check_values(plan, changes):
    """Says what is wrong with any value of the changes before the first trial."""
    if plan.algorithm == "hyperband" and isinstance(changes.get("fit.epochs"), (list, dict)):
        raise ValueError("`space` of 'fit.epochs' must be one number for hyperband, which cuts it.")
    values = plan.values(plan.hyperparameters())
    plan.recipe_with(values)
    for name, change in changes.items():
        ends = [change[end] for end in ("min", "max")] if isinstance(change, dict) else change
        for value in ends if isinstance(ends, list) else []:
            if name in values and name != "network.kind":
                plan.recipe_with({**values, name: value})


def _own_choices(fields, app, changes):
    """Changes that add the recipe's own value to each choice of the app's space that lacks it."""
    hp, found = keras_tuner.HyperParameters(), {}
    suggest(hp, space_of(app), changes)
    for each in hp.space:
        section, _, field = each.name.partition(".")
        value = (fields[section] or {}).get(field)
        if not isinstance(each, keras_tuner.engine.hyperparameters.Choice) or each.name in changes:
            continue
        if value is not None and value not in each.values:
            values = [*each.values, value]
            found[each.name] = values if isinstance(value, str) else sorted(values)
    return found


def _typed(change, field):
    """A range of floats with floats for its ends, where the field is one of floats."""
    if not isinstance(change, dict) or float not in (field, *typing.get_args(field)):
        return change
    return {key: value if key == "log" else float(value) for key, value in change.items()}


def read_plan(folder):
    """The plan in the folder of a search; `FileNotFoundError` if there is none."""
    file = pathlib.Path(folder) / FILE
    if not file.exists():
        raise FileNotFoundError(f"`directory` {folder} has no search: it lacks {FILE}.")
    return _checked(**preset_files.read_json(file))


def read_changes(space):
    """Changes of a space: a dictionary, the path of a JSON file, or `None` for none."""
    if space is None or isinstance(space, dict):
        return space or {}
    if not isinstance(space, (str, os.PathLike)):
        raise ValueError(
            f"`space` must be a dictionary or a JSON file, got {type(space).__name__}."
        )
    if not pathlib.Path(space).is_file():
        raise FileNotFoundError(f"`space` names a file that is not there: {space}.")
    try:
        return json.loads(datasets.read_utf8(space))
    except json.JSONDecodeError as error:
        raise ValueError(f"`space` {space} is not JSON: {error}.") from None


def _checked(**fields):
    try:
        return Plan(**fields)
    except pydantic.ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"]))
        raise ValueError(f"`{name}`: {problem['msg'].lower()}, got {problem['input']!r}.") from None


def _fields(recipe):
    """The type of each field that a space may change, by its place; of a network all kinds'."""
    found = {}
    for section in set(type(recipe).model_fields) - {"data", "pretraining"}:
        for kind in section_classes(type(recipe).model_fields[section].annotation):
            for name, field in kind.model_fields.items():
                found[f"{section}.{name}"] = field.annotation
    return found


def _sizes_of_start(recipe):
    """What `start_from` settles, as changes of a space: all of the network but the dropout."""
    hp = keras_tuner.HyperParameters()
    suggest(hp, space_of(recipe.app))
    names = [each.name for each in hp.space if each.name.startswith("network.")]
    settled = [name for name in names if not name.endswith("dropout")]
    return {name: getattr(recipe.network, name.partition(".")[2]) for name in settled}


def _allows(each, value):
    if isinstance(each, keras_tuner.engine.hyperparameters.Choice):
        return value in each.values
    if isinstance(each, keras_tuner.engine.hyperparameters.Boolean):
        return isinstance(value, bool)
    if hasattr(each, "min_value"):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and each.min_value <= value <= each.max_value
    return False
