"""Checks of examples to learn tags from, with errors that name the example."""

import warnings

import numpy as np

from apps.tagging.spans import begins_span, split_tag


def check_tags(y, known):
    """Raises an error for an example whose tags are no list, or of which one is not known."""
    for index, tags in enumerate(y):
        if not isinstance(tags, (list, tuple, np.ndarray)):
            raise TypeError(f"`y[{index}]` must be a list of tags, got {tags!r}.")
        unknown = [tag for tag in tags if tag not in known]
        if unknown:
            raise ValueError(
                f"`y[{index}]` has the unknown tag {unknown[0]!r}, expected of: {', '.join(known)}."
            )


def check_pairs(x, y, preprocessor):
    """Raises `ValueError` for an example with more or fewer tags than words."""
    if isinstance(x[0], str):
        counts = preprocessor.words(x).row_lengths().numpy().tolist()
    else:
        counts = [len(words) for words in x]
    for index, (count, tags) in enumerate(zip(counts, y)):
        if count != len(tags):
            raise ValueError(
                f"`y[{index}]` must have a tag for each of the {count} words of `x[{index}]`, "
                f"got {len(tags)}."
            )


def warn_of_broken_schemes(y):
    """Warns of tags that go on with an entity that is not there: a CRF never gives such ones."""
    broken = [index for index, tags in enumerate(y) if goes_on_with_nothing(tags)]
    if broken:
        warnings.warn(
            f"{len(broken)} of {len(y)} examples have an `I-` or `E-` tag that goes on with no "
            f"entity, the first is `y[{broken[0]}]`. A CRF never gives such tags: let entities "
            "begin with `B-`, as `apps.to_iob2` makes them.",
            stacklevel=5,
        )


def goes_on_with_nothing(tags):
    parts = [split_tag(tag) for tag in tags]
    pairs = zip([("O", None), *parts], parts)
    return any(after[0] in "IE" and begins_span(before, after) for before, after in pairs)
