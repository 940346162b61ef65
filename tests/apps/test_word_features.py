"""Characters and casing of words."""

import pytest
import tensorflow as tf

from apps.text.word_features import CASINGS, casing_ids, character_ids


@pytest.mark.parametrize(
    ("word", "casing"),
    [
        ("film", "lower"),
        ("élan", "lower"),
        ("سلام", "lower"),  # a script without capitals
        ("Film", "initial"),
        ("École", "initial"),
        ("I", "initial"),
        ("Al-zaman", "initial"),
        ("FILM", "upper"),
        ("U.S.", "upper"),
        ("eBay", "mixed"),
        ("McDonald", "mixed"),
        ("3.5", "number"),
        ("10:30", "number"),
        ("-5", "number"),
        ("B2B", "with digit"),
        ("2nd", "with digit"),
        ("!", "no letter"),
        ("😀", "no letter"),
        ("...", "no letter"),
    ],
)
def test_casing(word, casing):
    assert CASINGS[int(casing_ids(tf.constant([word]))[0])] == casing


def test_no_word_has_the_casing_of_padding():
    words = tf.constant(["", " ", "\n", "a\nb", "x" * 10_000])
    assert not tf.reduce_any(casing_ids(words) == 0)


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("at", [1, 97, 116, 2, 0, 0, 0]),
        ("", [1, 2, 0, 0, 0, 0, 0]),
        ("é", [1, 0xC3, 0xA9, 2, 0, 0, 0]),
        ("abcde", [1, 97, 98, 99, 100, 101, 2]),
        ("a\x00\x01b", [1, 97, 32, 32, 98, 2, 0]),  # what has a meaning of its own
        ("abcdef", [1, 97, 98, 100, 101, 102, 2]),  # the middle is cut
        ("a" + "x" * 10_000 + "z", [1, 97, 120, 120, 120, 122, 2]),
    ],
)
def test_characters(word, ids):
    found = character_ids(tf.constant([word]), 7)
    assert found.dtype == tf.uint8
    assert found.numpy().tolist() == [ids]


def test_inside_a_graph_of_unknown_size():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def both(words):
        return casing_ids(words), character_ids(words, 8)

    casing, characters = both(tf.constant(["film", "Film"]))
    assert casing.shape == (2,)
    assert characters.shape == (2, 8)
    casing, characters = both(tf.constant([], tf.string))
    assert casing.shape == (0,)
    assert characters.shape == (0, 8)
