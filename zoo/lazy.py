"""Packages whose names are imported when they are first used."""

import importlib
import sys


def attach(package, places, first=None):
    """What a package's `__init__` needs to import its public names when they are asked for.

    Args:
        package: Its `__name__`.
        places: The module of each name; for a module of the package itself that module's name.
        first: A module that is imported before any of them.

    Returns:
        Its `__getattr__`, `__dir__` and `__all__`.

    Example:
        >>> __getattr__, __dir__, __all__ = attach("zoo", {"load": "zoo.presets"})
        >>> __getattr__("load").__name__
        'load'
    """

    def __getattr__(name):
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if first is not None:
            importlib.import_module(first)
        module = importlib.import_module(places[name])
        found = module if places[name] == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, found)
        return found

    return __getattr__, lambda: sorted({*vars(sys.modules[package]), *places}), list(places)
