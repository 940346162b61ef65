"""Corpora of a user's own, under a name, for recipes and searches."""

import hashlib

import numpy as np
import tensorflow as tf

from apps import registry
from apps.datasets.corpora import IN_MEMORY, remember
from apps.datasets.corpus import Corpus
from apps.fields import Field

_SPLITS = ("train", "validation", "test")


def register(name, task, *, labels=None, licence="not stated", **splits):
    """Gives examples in memory the name of a corpus, until Python ends.

    `info`, `load`, `apps.training.train` and `tuning.search` then know it; another process, such
    as a later `seqzoo train` of the preset's recipe, does not.

    Args:
        name: The name; it may be that of an earlier corpus of your own, which it replaces.
        task: The name of the app that learns from it; see `apps.registry.names`.
        labels: Names of the classes, the tags or the answers. By default the tags and answers of
            the training part, "O" first and then in their order, and for sentiment "negative" and
            "positive", or the numbers of the classes.
        licence: The licence of the data, for the card.
        **splits: `train`, `validation` and `test`, each a `tf.data.Dataset` of single examples, not
            batches, as `load` gives them for this task. Training examples come in an order of
            their own, the same each time, so that the first of them are like the others.

    Returns:
        The `Corpus`.

    Raises:
        ValueError: If the name is that of a built-in corpus, a split is unknown, is no dataset,
            does not tell its size, or is empty, or there is no training part.

    Example:
        >>> films = tf.data.Dataset.from_tensor_slices((["Superb.", "Awful."], [1, 0]))
        >>> register("films", "sentiment", train=films).labels
        ('negative', 'positive')
    """
    app = registry.get(task)
    for split, examples in splits.items():
        _check(split, examples, app)
    if "train" not in splits:
        raise ValueError("`train` must be a tf.data.Dataset, got none.")
    splits = {split: examples.map(_free_lengths) for split, examples in splits.items()}
    splits["train"] = splits["train"].shuffle(
        len(splits["train"]), seed=0, reshuffle_each_iteration=False
    )
    corpus = Corpus(
        name=name,
        labels=tuple(labels) if labels is not None else _labels(app, splits["train"]),
        splits={split: len(examples) for split, examples in splits.items()},
        licence=licence,
        citation="data of the user's own, given in Python",
        home_page="Not published",
        task=task,
    )
    remember(corpus, splits)
    return corpus


def _check(split, examples, app):
    if split not in _SPLITS:
        raise ValueError(f"`{split}` must be one of the splits {', '.join(_SPLITS)}.")
    if not isinstance(examples, tf.data.Dataset):
        raise ValueError(f"`{split}` must be a tf.data.Dataset, got {type(examples).__name__}.")
    size = int(examples.cardinality())
    if size < 1:
        got = {-1: "endless", -2: "of unknown size", 0: "empty"}[size]
        raise ValueError(
            f"`{split}` must tell its number of examples, at least 1, got a dataset that is {got}; "
            "see tf.data.experimental.assert_cardinality."
        )
    x, *_ = examples.element_spec if isinstance(examples.element_spec, tuple) else (None,)
    found = x if isinstance(x, dict) else {app.x[0]: x}
    for name in app.x:
        rank = len(app.fields[name].spec()[1])
        got = found[name].shape.rank if name in found else None
        if got != rank:
            raise ValueError(
                f"`{split}` must have single examples, with a `{name}` of rank {rank} for "
                f"{app.name}, got rank {got}: is it batched?"
            )


def fingerprint(name):
    """A hash of the training examples of a corpus in memory; empty for others."""
    if name not in IN_MEMORY:
        return ""
    found = hashlib.sha256()
    for example in IN_MEMORY[name]["train"].as_numpy_iterator():
        plain = tf.nest.map_structure(lambda part: np.asarray(part).tolist(), example)
        found.update(repr(plain).encode())
    return found.hexdigest()[:16]


def _free_lengths(*example):
    """The example with vectors of any length in its type, also where all happen to have one."""

    def free(part):
        if part.shape.rank != 1:
            return part
        return tf.boolean_mask(part, tf.fill(tf.shape(part), True))

    return tf.nest.map_structure(free, example)


def _labels(app, examples):
    """The names of the classes of the first field that is learnt, if it has such."""
    field, found = app.fields[app.y[0]], set()
    if type(field).classes is Field.classes:
        return ()
    for *_, label in examples.as_numpy_iterator():
        found.update(np.ravel(label).tolist())
    return field.classes(found)
