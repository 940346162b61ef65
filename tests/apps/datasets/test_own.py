"""Examples of one's own under the name of a corpus."""

import pytest
import tensorflow as tf

from apps.datasets import info, load, register


def pairs(texts, labels):
    return tf.data.Dataset.from_tensor_slices((texts, labels))


def test_it_is_known_by_its_name():
    films = pairs([f"film {n}" for n in range(20)], [0, 1] * 10)
    corpus = register("films", "sentiment", train=films, test=films.take(4), licence="CC0")
    assert info("films") is corpus
    assert (corpus.splits, corpus.licence) == ({"train": 20, "test": 4}, "CC0")
    train = [(text, int(label)) for text, label in load("films", "train").as_numpy_iterator()]
    assert sorted(train) == sorted((text, int(y)) for text, y in films.as_numpy_iterator())
    again = [text for text, _ in load("films", "train").as_numpy_iterator()]
    assert [text for text, _ in train] == again != [f"film {n}".encode() for n in range(20)]
    with pytest.raises(ValueError, match="films has the splits train, test"):
        load("films", "validation")


def test_labels():
    stars = register("stars", "sentiment", train=pairs(["a", "b", "c"], [0, 2, 1]))
    assert stars.labels == ("0", "1", "2")
    named = register("stars", "sentiment", labels="xyz", train=pairs(["a"], [0]))
    assert named.labels == ("x", "y", "z")
    words = pairs([["a", "b"], ["c", "d"]], [["B-X", "O"], ["A", "O"]])
    assert register("words", "tagging", train=words).labels == ("O", "A", "B-X")
    assert next(iter(load("words", "train")))[0].shape == (2,)
    assert load("words", "train").element_spec[0].shape.as_list() == [None]
    translated = register("translated", "translation", train=pairs(["a"], ["b"]))
    assert translated.labels == ()


def one():
    return pairs(["a"], [0])


@pytest.mark.parametrize(
    ("name", "splits", "message"),
    [
        ("imdb", {"train": one}, "must not be that of a built-in corpus, got 'imdb'"),
        ("mine", {}, "`train` must be a tf.data.Dataset, got none"),
        ("mine", {"train": lambda: ["a"]}, "`train` must be a tf.data.Dataset, got list"),
        ("mine", {"dev": one}, "`dev` must be one of the splits train"),
        ("mine", {"train": lambda: one().repeat()}, "got a dataset that is endless"),
        ("mine", {"train": lambda: one().filter(lambda x, y: True)}, "of unknown size"),
        ("mine", {"train": lambda: one().batch(1)}, "got rank 1: is it batched"),
        ("mine", {"train": lambda: one().take(0)}, "got a dataset that is empty"),
    ],
)
def test_bad_input(name, splits, message):
    with pytest.raises(ValueError, match=message):
        register(name, "sentiment", **{split: make() for split, make in splits.items()})
