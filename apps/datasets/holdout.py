"""Training examples set aside, with all that belongs to them."""

import collections
import unicodedata

import numpy as np
import tensorflow as tf

from apps import registry
from apps.datasets.corpora import info
from apps.datasets.loading import load, sentences_of_phrases


def hold_out(count, corpora, data_dir=None, prepared_dir=None):
    """Sets training examples of a corpus aside, and leaves what tells of them out of training.

    Examples belong together, and so are on one side,

    - if their texts, words or sources are the same in letters and digits, whatever their case;
    - if they are a sentence and its phrases; a phrase that is also one of a sentence which is not
      set aside stays in training, but for one that is itself a sentence set aside;
    - if the story of one is that of the other, or its beginning.

    Args:
        count: Number of examples to set aside; more if the last of them belongs to others.
        corpora: Pairs of the name of a corpus and a dictionary of options of `load`. Examples of
            the first corpus are set aside, read without its options, as a report reads them.
        data_dir: See `load`.
        prepared_dir: See `load`.

    Returns:
        The examples set aside, and a list with the other training examples of each corpus. All are
        a `tf.data.Dataset` like that of `load`, in the same order, which may be empty.

    Example:
        >>> aside, (train,) = hold_out(80, [("uci_sentiment_sample", {})])
        >>> len(aside), len(train)
        (80, 400)
    """
    first = corpora[0][0]
    app = registry.get(info(first).task)
    corpora = [(first, {}), *corpora]
    place = {"data_dir": data_dir, "prepared_dir": prepared_dir}
    parts = [load(name, "train", **place, **options) for name, options in corpora]
    own, wholes = [], []  # letters of each example, and of what it is part of
    for (name, options), part in zip(corpora, parts):
        texts = [_letters(_lines(x, app)) for x, *_ in part.as_numpy_iterator()]
        sentences = sentences_of_phrases(name, "train", **place, **options)
        whole = [{text} for text in texts]
        if sentences is not None:
            whole = [{_letters([sentence]) for sentence in each} for each in sentences]
        own.append(texts)
        wholes.append(whole)
    if app.fields[app.x[0]].grows:
        wholes = _beginnings(wholes)
    chosen = _choose(wholes[0], count)
    aside = [whole <= chosen for whole in wholes[0]]
    others = [
        [not (whole <= chosen or text in chosen) for text, whole in zip(*pair)]
        for pair in zip(own[1:], wholes[1:])
    ]
    return _those(parts[0], aside), [_those(*each) for each in zip(parts[1:], others)]


def _lines(x, app):
    """What tells of an example: the first of its columns that has something."""
    for name in app.x:
        lines = app.fields[name].lines(x[name] if isinstance(x, dict) else x)
        if lines:
            break
    return lines


def _letters(lines):
    """The letters and digits of lines, normalised and casefolded, or the lines if they have none.

    They are in lines, one for each.
    """
    known = [unicodedata.normalize("NFKC", line) for line in lines]
    known = ["".join(filter(str.isalnum, line)).casefold() for line in known]
    return "\n".join(known if any(known) else lines)


def _beginnings(wholes):
    """The same with the shortest story that a story begins with in its place."""
    stories = {story for part in wholes for (story,) in part}
    shortest, begins = {}, None
    for story in sorted(stories, key=str.splitlines):
        if begins is None or not f"{story}\n".startswith(f"{begins}\n"):
            begins = story
        shortest[story] = begins
    return [[{shortest[story]} for (story,) in part] for part in wholes]


def _choose(wholes, count):
    """The first wholes that have that many examples."""
    sizes = collections.Counter(whole for (whole,) in wholes)
    chosen, total = set(), 0
    for whole, size in sizes.items():  # in the order of the examples
        if total >= count:
            break
        chosen.add(whole)
        total += size
    return chosen


def _those(examples, chosen):
    """The examples for which `chosen`, a list of booleans, is true."""
    pairs = tf.data.Dataset.zip(examples, tf.data.Dataset.from_tensor_slices(np.array(chosen)))
    those = pairs.filter(lambda _, is_chosen: is_chosen).map(lambda example, _: example)
    return those.apply(tf.data.experimental.assert_cardinality(sum(chosen)))
