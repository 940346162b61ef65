"""Entities of tags: by hand, and as seqeval finds them."""

import random

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from apps.spans import tag_spans

IOB2 = ["O", *(f"{prefix}-{label}" for prefix in "BI" for label in ("PER", "LOC", "A-B"))]
BIOES = [*IOB2, *(f"{prefix}-{label}" for prefix in "ES" for label in ("PER", "LOC", "A-B"))]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-X I-X O", [("X", 0, 2)]),
        ("O B-X", [("X", 1, 2)]),
        ("B-X B-X", [("X", 0, 1), ("X", 1, 2)]),
        ("I-X I-X B-X", [("X", 0, 2), ("X", 2, 3)]),
        ("B-X I-Y I-Y", [("X", 0, 1), ("Y", 1, 3)]),
        ("O I-X O I-X", [("X", 1, 2), ("X", 3, 4)]),
        ("S-X B-X I-X E-X S-Y", [("X", 0, 1), ("X", 1, 4), ("Y", 4, 5)]),
        ("B-X E-X I-X E-X E-X", [("X", 0, 2), ("X", 2, 4), ("X", 4, 5)]),
    ],
)
def test_by_hand(tags, expected):
    assert tag_spans(tags.split()) == expected


@pytest.mark.parametrize("names", [IOB2, BIOES])
def test_as_seqeval(names):
    generator = random.Random(0)
    for _ in range(2000):
        tags = generator.choices(names, k=generator.randint(1, 12))
        expected = [(label, first, last + 1) for label, first, last in get_entities(tags)]
        assert tag_spans(tags) == expected, tags


@pytest.mark.parametrize("tag", ["X-PER", "B", "B-", "PER", "", "o", 3, None])
def test_other_tags_are_refused(tag):
    with pytest.raises(ValueError, match=r"IOB2 or BIOES\), got "):
        tag_spans(["O", tag])
