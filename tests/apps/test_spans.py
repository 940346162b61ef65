"""Entities of tags: by hand, and as seqeval finds them."""

import random

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from apps.tagging.spans import check_tag_names, is_entity_tags, tag_spans, to_iob2

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


@pytest.mark.parametrize("tags", [["O", "B-PER", "X"], ["X", "O", "B-PER"], ["B-PER", "X", "O"]])
def test_names_of_entities_and_others_are_refused_in_any_order(tags):
    assert not is_entity_tags(tags)
    with pytest.raises(ValueError, match=r"`tags` must all be of entities, .*, got 'X' beside"):
        check_tag_names(tags)


@pytest.mark.parametrize(
    "tags", [IOB2, BIOES, ["O", "I-PER"], ["NOUN", "VERB", "X"], ["O", "other"], ["-LRB-", "NN"]]
)
def test_names_that_agree(tags):
    check_tag_names(tags)
    assert is_entity_tags(tags) == ("I-PER" in tags)


def test_bilou_is_refused_by_name():
    for tags in (["O", "B-X", "I-X", "L-X", "U-X"], ["U-X", "O"]):
        with pytest.raises(ValueError, match=r"in IOB2 or BIOES, got '[LU]-X' of BILOU"):
            check_tag_names(tags)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-X I-X B-X O I-Y", "B-X I-X B-X O B-Y"),  # IOB1
        ("B-X I-X B-X O B-Y", "B-X I-X B-X O B-Y"),
        ("B-X E-X S-X O S-Y", "B-X I-X B-X O B-Y"),
        ("B-X L-X U-X O U-Y", "B-X I-X B-X O B-Y"),
        ("", ""),
    ],
)
def test_to_iob2(tags, expected):
    assert to_iob2(tags.split()) == expected.split()


def test_to_iob2_refuses_other_tags():
    for tag in ("NOUN", "", None, "U-"):
        with pytest.raises(ValueError, match=r"IOB2 or BIOES\), got "):
            to_iob2([tag])
