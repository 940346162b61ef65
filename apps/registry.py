"""The apps that there are, and what each declares of itself.

An app of this package is a folder of `apps` with a module `app.py`, which has the declaration,
`APP`. It is loaded by its path, without the rest of the app, and so without TensorFlow. Apps of
other packages come by an entry point of the group `seqzoo.apps`, or by `register`.
"""

import dataclasses
import functools
import importlib
import importlib.metadata
import importlib.util
import pathlib
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Literal

from apps.nearest import nearest_names

_GROUP = "seqzoo.apps"
_FOLDER = pathlib.Path(__file__).resolve().parent
_REGISTERED = {}

# "package.module:name", imported when it is wanted; or the thing itself
Ref = str | type | Callable


@dataclasses.dataclass(frozen=True)
class Metric:
    """A figure of an app, `"f1"`, and those that are named after it, `"f1_PER"`.

    Attributes:
        direction: Which figures are better.
        shown_as: As a share in percent, as a score from 0 to 100, as a count, or as a number with
            four digits.
        title: What cards call it; by default its name.
    """

    direction: Literal["max", "min"] = "max"
    shown_as: Literal["percent", "score", "count", "number"] = "percent"
    title: str = ""


@dataclasses.dataclass(frozen=True)
class Card:
    """What the cards of an app's presets say.

    Attributes:
        unit: What examples are, in the plural.
        use: Python code that answers something, with `{name}` for the preset's.
        limits: A paragraph, with `{labels}`, `{count}` and `{length}` for the names of the classes,
            their number, and the length at which input is cut.
    """

    unit: str
    use: str
    limits: str


@dataclasses.dataclass(frozen=True)
class App:
    """What an app declares.

    Attributes:
        name: Its name, that of its folder.
        title: What it does, in a few words.
        fields: The columns of its examples, by name: see `apps.fields`.
        x: Names of those that it reads.
        y: Names of those that it learns.
        task: The class of its task.
        recipe: The class of its recipes.
        printer: The class that prints its answers; see `apps.answers`.
        card: See `Card`.
        metrics: Its figures by name.
        space: What a search tries: a function of `hp`; see `tuning.spaces`.
        corpora: Its corpora, a sequence of `apps.datasets.Corpus`.
        commands: Functions with typer's annotations that are commands of their own, by name.
        exports: Public names, such as `"Tagger"` or `"datasets.read_babi"`, and their modules.
    """

    name: str
    title: str
    fields: Mapping
    x: tuple
    y: tuple
    task: Ref
    recipe: Ref
    printer: Ref
    card: Card
    metrics: Mapping = dataclasses.field(default_factory=dict)
    space: Ref | None = None
    corpora: Ref | None = None
    commands: Mapping = dataclasses.field(default_factory=dict)
    exports: Mapping = dataclasses.field(default_factory=dict)

    def metric(self, figure):
        """The `Metric` of a figure, that of the longest name before a `_`; else a new one."""
        while figure not in self.metrics and "_" in figure:
            figure = figure.rpartition("_")[0]
        return self.metrics.get(figure, Metric())

    def show(self, figure, value):
        """A figure as text."""
        formats = {"percent": ".2%", "score": ".1f", "count": ",", "number": ".4g"}
        return format(value, formats[self.metric(figure).shown_as])

    def __post_init__(self):
        strange = sorted({*self.x, *self.y} - set(self.fields))
        if strange:
            raise ValueError(f"`x` and `y` of the app {self.name} must be `fields`, got {strange}.")


def register(app):
    """Makes an app known until Python ends; again with the same one, nothing happens.

    Raises:
        TypeError: For what is no `App`.
        ValueError: For the name of another app.
    """
    if not isinstance(app, App):
        raise TypeError(f"`app` must be an apps.registry.App, got {app!r}.")
    if app.name in names() and get(app.name) != app:
        raise ValueError(f"`name` must not be that of another app, got {app.name!r}.")
    _REGISTERED[app.name] = app


def names():
    """The names of all apps, sorted."""
    return sorted({*_bundled(), *_entry_points(), *_REGISTERED})


def get(name):
    """The `App` of a name, or a `ValueError` that names the nearest."""
    if name in _bundled():
        return _bundled()[name]
    if name in _REGISTERED:
        return _REGISTERED[name]
    if name in _entry_points():
        return _of_entry_point(_entry_points()[name])
    raise ValueError(
        f"`app` must be the name of an app, got {name!r}; {nearest_names(name, names())}"
    )


def every():
    """All apps; a plug-in that fails is a warning, and left out."""
    found = []
    for name in names():
        try:
            found.append(get(name))
        except Exception as error:
            warnings.warn(f"The app {name!r} could not be loaded: {error!r}", stacklevel=2)
    return found


def of_task(task):
    """The `App` of a task, or of its class; `None` for another class."""
    kind = task if isinstance(task, type) else type(task)
    known = {each.__name__ for each in kind.__mro__}
    for app in every():
        name = app.task.rpartition(":")[2] if isinstance(app.task, str) else app.task.__name__
        if name in known and issubclass(kind, resolve(app.task)):
            return app
    return None


def resolve(ref, load=importlib.import_module):
    """What a `Ref` refers to."""
    if not isinstance(ref, str):
        return ref
    module, _, name = ref.partition(":")
    return getattr(load(module), name)


def resolve_alone(ref):
    """As `resolve`, of a module of an app's folder without the `__init__` of the folder."""
    return resolve(ref, _load_alone)


def exports(package):
    """The module of each name that apps export into a package, `"apps.datasets"`."""
    prefix = f"{package.removeprefix('apps')}.".lstrip(".")
    return {
        name.removeprefix(prefix): module
        for app in _bundled().values()
        for name, module in app.exports.items()
        if name.startswith(prefix) and "." not in name.removeprefix(prefix)
    }


@functools.cache
def _bundled():
    folders = sorted(file.parent.name for file in _FOLDER.glob("*/app.py"))
    return {name: _load_alone(f"apps.{name}.app").APP for name in folders}


def _load_alone(module):
    if module in sys.modules:
        return sys.modules[module]
    file = _FOLDER.joinpath(*module.split(".")[1:]).with_suffix(".py")
    if not module.startswith("apps.") or not file.is_file():
        return importlib.import_module(module)
    spec = importlib.util.spec_from_file_location(module, file)
    sys.modules[module] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[module])
    return sys.modules[module]


@functools.cache
def _entry_points():
    return {each.name: each for each in importlib.metadata.entry_points(group=_GROUP)}


@functools.cache
def _of_entry_point(entry_point):
    app = entry_point.load()
    if not isinstance(app, App) or app.name != entry_point.name:
        raise TypeError(
            f"the entry point {entry_point.name!r} must be an App of this name: {app!r}"
        )
    return app
