"""Errors for arguments that a class does not have, with the nearest that it has."""

import difflib
import functools
import inspect
import re

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_UNKNOWN = re.compile("nrecognized keyword argument|unexpected keyword argument")


def names_the_nearest(cls):
    """Decorator of a class: its error for an unknown argument names the nearest.

    The error is one that the class, or one that it is made of, raises anyway.
    """
    make = cls.__init__

    @functools.wraps(make)
    def __init__(self, *args, **kwargs):
        try:
            make(self, *args, **kwargs)
        except (TypeError, ValueError) as error:
            unknown = [name for name in kwargs if f"'{name}'" in str(error)]
            if not unknown or not _UNKNOWN.search(str(error)):
                raise
            message = no_argument(type(self), unknown[0], named_arguments(type(self)))
            raise TypeError(message) from None

    __init__.__signature__ = inspect.signature(make)  # Keras reads configurations off it
    cls.__init__ = __init__
    return cls


def no_argument(cls, name, known):
    """What an error says of an argument that a class does not have."""
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(known)}."
    return f"`{name}` is no argument of {cls.__name__}. {hint}"


def named_arguments(cls, root=object):
    """Names of the arguments of a class, and of those that its `**kwargs` hand on.

    Args:
        cls: The class.
        root: Where to stop: classes that are none of this one's are not looked at.
    """
    return list(named_parameters(cls, root))


def named_parameters(cls, root=object):
    """What `named_arguments` names, as `inspect.Parameter`s by name."""
    found = {}
    for each in cls.__mro__:
        if each is root or not issubclass(each, root):
            break
        if "__init__" in vars(each):
            parameters = inspect.signature(each.__init__).parameters
            own = {
                name: parameter
                for name, parameter in parameters.items()
                if parameter.kind in _NAMED and name != "self"
            }
            found = {**own, **found}
            if not any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
                break
    return found
