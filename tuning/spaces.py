"""What a search tries: the space of hyper-parameters that each app declares, and changes of it.

A space is a function of `hp`, a `keras_tuner.HyperParameters`. It gives a dictionary of values by
their place in a recipe, such as `"fit.learning_rate"`, and names each hyper-parameter after that
place. `suggest` narrows and extends a space by changes, as `tuning.search` takes them. For a space
that no change can make, put a function of your own into `SPACES`, in each process of a search.
"""

from apps import registry
from apps.nearest import nearest_names

SPACES = {}  # functions of `hp` by the names of apps, in place of those that the apps declare


def space_of(app):
    """The space of an app, by its name."""
    return SPACES.get(app) or registry.resolve(registry.get(app).space)


def suggest(hp, space, changes=()):
    """The values that `hp` has for the hyper-parameters of a space.

    Args:
        hp: A `keras_tuner.HyperParameters`.
        space: A function of `hp`, such as those of this module.
        changes: What to narrow or add: by the name of a hyper-parameter a value, which fixes it; a
            list to choose from; or a range, `{"min": 1, "max": 4}`, with `"step"` or `"log": True`
            if need be.

    Returns:
        Dictionary of values by their place in a recipe, without those of kinds not chosen.

    Raises:
        ValueError: If a change is neither of the three.

    Example:
        >>> import keras_tuner
        >>> from apps.core.space import optimization
        >>> hp = keras_tuner.HyperParameters()
        >>> values = suggest(hp, optimization, {"fit.batch_size": 8, "fit.epochs": [2, 4]})
        >>> values["fit.optimizer"], values["fit.batch_size"], values["fit.epochs"]
        ('adam', 8, 2)
    """
    narrowed = _Narrowed(hp, dict(changes))
    values = space(narrowed)
    for name in narrowed.left():
        values[name] = _declare(hp, name, changes[name])
    inactive = {each.name for each in hp.space if not hp.is_active(each)}
    return {name: value for name, value in values.items() if name not in inactive}


class _Narrowed:
    """Hyper-parameters, of which some are declared as changes say, where a space asks for them."""

    def __init__(self, hp, changes):
        self._hp = hp
        self._changes = changes
        self._asked = set()

    def left(self):
        """Names of the changes that the space has not asked for."""
        return [name for name in self._changes if name not in self._asked]

    def __getattr__(self, kind):
        method = getattr(self._hp, kind)
        if kind not in ("Choice", "Int", "Float", "Boolean", "Fixed"):
            return method

        def declare(name, *args, **options):
            if name not in self._changes:
                return method(name, *args, **options)
            self._asked.add(name)
            value = _declare(self._hp, name, self._changes[name])
            return "none" if self._changes[name] is None else value

        return declare


def check_changes(changes, known):
    """Raises `ValueError` if a change is none, or is of no field of a recipe.

    Args:
        changes: As `suggest` takes them.
        known: Names of the fields.
    """
    if not isinstance(changes, dict):
        raise ValueError(
            "`space` must be a dictionary of changes by hyper-parameter, got "
            f"{type(changes).__name__}."
        )
    import keras_tuner

    for name, change in changes.items():
        if name not in known:
            raise ValueError(
                f"`space` has the unknown hyper-parameter {name!r}; {nearest_names(name, known)}"
            )
        _declare(keras_tuner.HyperParameters(), name, change)


def _declare(hp, name, change):
    """The value of a hyper-parameter that is declared as a change of a space says."""
    if isinstance(change, dict):
        return _range(hp, name, change)
    if change is None or isinstance(change, (bool, int, float, str)):
        hp.Fixed(name, "none" if change is None else change)
        return change
    if not isinstance(change, (list, tuple)):
        raise ValueError(f"`space` of {name!r} must be a value, a list or a range, got {change!r}.")
    kinds = {type(value) for value in change}
    if kinds == {bool}:
        return hp.Boolean(name, default=change[0]) if len(set(change)) == 2 else change[0]
    if kinds == {int, float}:
        kinds, change = {float}, [float(value) for value in change]
    if len(kinds) != 1 or not kinds <= {int, float, str}:
        raise ValueError(
            f"`space` of {name!r} must be a list of numbers or of names, got {list(change)!r}."
        )
    return hp.Choice(name, list(change))


def _range(hp, name, change):
    low, high = change.get("min"), change.get("max")
    numbers = all(
        isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high)
    )
    if not numbers or low >= high or set(change) - {"min", "max", "step", "log"}:
        raise ValueError(
            f'`space` of {name!r} must be a range {{"min": LOW, "max": HIGH}}, with "step" or '
            f'"log" if need be, got {change!r}.'
        )
    options = {"sampling": "log"} if change.get("log") else {"step": change.get("step")}
    if isinstance(low, int) and isinstance(high, int):
        return hp.Int(name, low, high, **{key: value for key, value in options.items() if value})
    return hp.Float(name, float(low), float(high), **options)
