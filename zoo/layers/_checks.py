"""Checks of arguments, with errors that name the argument, what was expected and what came."""

import numbers


def check_units(units):
    check_positive(units=units)


def check_positive(**sizes):
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, numbers.Integral) or size < 1:
            raise ValueError(f"`{name}` must be a positive integer, got {size!r}.")


def check_rate(name, rate):
    if isinstance(rate, bool) or not isinstance(rate, numbers.Real) or not 0 <= rate < 1:
        raise ValueError(f"`{name}` must be a number in [0, 1), got {rate!r}.")


def check_boolean(**values):
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ValueError(f"`{name}` must be True or False, got {value!r}.")


def check_shape(name, tensor, expected, meaning):
    """Compares a static shape to the expected one, where both are known."""
    got = tuple(tensor.shape)
    known = [(e, g) for e, g in zip(expected, got) if e is not None and g is not None]
    if len(got) != len(expected) or any(e != g for e, g in known):
        raise ValueError(f"`{name}` must have the shape {meaning} = {expected}, got {got}.")


def check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(map(str, choices))}, got {value!r}.")
