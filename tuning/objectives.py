"""What tells a good trial from a bad one."""

import math
import statistics

from apps import registry
from apps.nearest import nearest_names


def check_objective(objective, recipe):
    """The objective, by default the app's own, or a `ValueError` if the app lacks it."""
    known = recipe.objectives()
    if objective is None:
        return known[0]
    if objective not in known:
        raise ValueError(
            f"`objective` of {recipe.app} on {recipe.data.name} must be one of {known}, got "
            f"{objective!r}; {nearest_names(objective, known)}"
        )
    return objective


def direction(app, objective):
    """`"max"` or `"min"`, as the app of this name declares it."""
    return registry.get(app).metric(objective).direction


def value_of(objective, logs):
    """The value of an objective in the logs of an epoch."""
    return of_figures(objective, logs, "val_")


def of_figures(objective, figures, before=""):
    """The value of an objective, of figures with names that begin so."""
    if objective == "error":
        return 1 - float(figures[f"{before}accuracy"])
    return float(figures[f"{before}{objective}"])


def standard_error(parts):
    """That of a figure, from its values on parts of the examples, of the same size.

        sqrt(sum_k (f_k - mean(f))^2 / (K (K - 1)))

    Args:
        parts: The values `f_1` to `f_K`.

    Returns:
        A float; `None` for fewer than two parts, or if one of them has no value.

    Example:
        >>> standard_error([0.5, 0.7])
        0.1
    """
    if len(parts) < 2 or not all(map(math.isfinite, parts)):
        return None
    return round(statistics.stdev(parts) / math.sqrt(len(parts)), 12)
