"""What tells a good trial from a bad one."""

import math
import statistics

from apps import datasets
from apps.datasets.nearest import nearest_names
from apps.spans import is_entity_tags

DIRECTIONS = {
    "accuracy": "max",
    "f1": "max",
    "precision": "max",
    "recall": "max",
    "bleu": "max",
    "chrf": "max",
    "exact_match": "max",
    "error": "min",
    "loss": "min",
}


def objectives(recipe):
    """Names of the figures that trials of a recipe can be compared by, the app's own first.

    | app | figures |
    |---|---|
    | sentiment, question_answering | `accuracy`, `error` (1 - accuracy), `loss` (nats) |
    | tagging of entities | `f1`, `precision`, `recall`, `accuracy`, `error`, `loss` |
    | tagging of parts of speech | `accuracy`, `error`, `loss` |
    | translation | `head.monitor` of the recipe, `chrf`, `exact_match`, `loss`, `bleu` |

    Example:
        >>> from apps.recipes import read_recipe
        >>> recipe = {"name": "pos", "app": "tagging", "data": {"name": "ewt_upos"}}
        >>> objectives(read_recipe(recipe))
        ['accuracy', 'error', 'loss']
    """
    if recipe.app == "translation":
        monitor = recipe.head.monitor
        others = ["chrf", "exact_match", "loss"]
        if monitor != "exact_match":
            others.append("bleu")
        return list(dict.fromkeys([monitor, *others]))
    labels = datasets.info(recipe.data.name).labels
    entities = ["f1", "precision", "recall"] if _has_entities(recipe, labels) else []
    return [*entities, "accuracy", "error", "loss"]


def check_objective(objective, recipe):
    """The objective, by default the app's own, or a `ValueError` if the app lacks it."""
    known = objectives(recipe)
    if objective is None:
        return known[0]
    if objective not in known:
        raise ValueError(
            f"`objective` of {recipe.app} on {recipe.data.name} must be one of {known}, got "
            f"{objective!r}; {nearest_names(objective, known)}"
        )
    return objective


def direction(objective):
    """`"max"` or `"min"`."""
    return DIRECTIONS[objective.removesuffix("_lowercase")]


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


def _has_entities(recipe, labels):
    return recipe.app == "tagging" and is_entity_tags(labels)
