"""Reads recipes, and says what is wrong with them."""

import json
import pathlib
import typing

import pydantic

from apps import datasets, registry
from apps.nearest import nearest_names
from apps.recipes.sections import Section


def __getattr__(name):
    if name == "RECIPES":  # the classes of recipes by the names of the apps
        return {app.name: registry.resolve_alone(app.recipe) for app in registry.every()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read_recipe(source):
    """A recipe from a JSON file or a dictionary.

    Args:
        source: Path of a JSON file, or a dictionary.

    Returns:
        A `Recipe`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not JSON, has an unknown key (the nearest is named) or a value of a
            wrong type or range, or names an unknown corpus or split.

    Example:
        >>> read_recipe({"name": "mine", "app": "sentiment", "data": {"name": "sst2"}}).fit.epochs
        5
    """
    where = "recipe"
    if not isinstance(source, dict):
        where = f"recipe {source}"
        file = pathlib.Path(source)
        if not file.is_file():
            raise FileNotFoundError(f"`recipe` names a file that is not there: {source}.")
        try:
            source = json.loads(datasets.read_utf8(file))
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}.") from None
    if not isinstance(source, dict):
        raise ValueError(f"{where}: expected a JSON object, got {type(source).__name__}.")
    if source.get("app") not in registry.names():
        raise ValueError(
            f"{where}: `app` must be one of {registry.names()}, got {source.get('app')!r}."
        )
    kind = registry.resolve_alone(registry.get(source["app"]).recipe)
    try:
        recipe = kind.model_validate(source)
    except pydantic.ValidationError as error:
        problems = "; ".join(_explain(problem, kind) for problem in error.errors())
        raise ValueError(f"{where}: {problems}.") from None
    for check in (_check_data, _check_splits):
        check(recipe, where)
    try:
        recipe.check_data()
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return recipe


def _explain(problem, section):
    place, sections = [], [section]
    for key in problem["loc"]:
        if len(sections) > 1:  # the key is the tag of one of several kinds of a section
            sections = [
                each
                for each in sections
                if each.model_fields["kind"].annotation == typing.Literal[key]
            ]
            continue
        place.append(str(key))
        fields = sections[0].model_fields if sections else {}
        inner = section_classes(fields[key].annotation) if key in fields else []
        section, sections = sections[0] if sections else None, inner
    name = ".".join(place)
    if problem["type"] == "extra_forbidden":
        hint = nearest_names(place[-1], list(section.model_fields))
        return f"unknown key `{name}`; {hint.rstrip('.')}"
    if problem["type"] == "missing":
        return f"the key `{name}` is missing"
    return f"`{name}`: {problem['msg'].lower()}, got {problem['input']!r}"


def section_classes(annotation):
    """The classes of a section, also of `Section | None` and of several kinds; else none."""
    classes = typing.get_args(annotation) or (annotation,)
    return [each for each in classes if isinstance(each, type) and issubclass(each, Section)]


def _check_data(recipe, where):
    corpus = datasets.info(recipe.data.name)
    if not set(recipe.data.report) <= set(corpus.splits):
        raise ValueError(
            f"{where}: `data.report` of {corpus.name} must be of {list(corpus.splits)}, got "
            f"{recipe.data.report}."
        )
    if corpus.task != recipe.app:
        raise ValueError(
            f"{where}: `data.name` must be a corpus for {recipe.app}, got {corpus.name}, which is "
            f"for {corpus.task}."
        )
    known = [option for option in corpus.options if option not in corpus.report_options]
    unknown = sorted(set(recipe.data.options) - set(known))
    if unknown:
        raise ValueError(
            f"{where}: `data.options` of {corpus.name} must be of {known}, got {unknown}."
        )


def _check_splits(recipe, where):
    sections = [recipe.preprocessor, *([recipe.pretraining] if recipe.pretraining else [])]
    parts = {recipe.part(part) for each in sections for part in getattr(each, "splits", ())}
    for name, split in parts:
        known = datasets.info(name).splits
        if split not in known:
            raise ValueError(
                f"{where}: `splits` of {name} must be of {list(known)}, got {split!r}."
            )
        if split in ("validation", "test"):
            raise ValueError(
                f"{where}: `splits` must not have a part that gives figures, got {name}/{split}."
            )
