import collections
import re

import pytest

from apps.datasets import info, load, to_pig_latin
from apps.datasets.hashed_split import hashed_split
from apps.translation.pig_latin import _PATH, _read_words


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("apple", "appleway"),
        ("umbrella", "umbrellaway"),
        ("pig", "igpay"),
        ("Latin", "atinlay"),
        ("string", "ingstray"),
        ("queen", "eenquay"),
        ("square", "aresquay"),
        ("equal", "equalway"),
        ("gut", "utgay"),
        ("yellow", "ellowyay"),
        ("my", "ymay"),
        ("rhythm", "ythmrhay"),
        ("day", "ayday"),
        ("hmm", "hmmay"),
        ("a", "away"),
        ("y", "yay"),
    ],
)
def test_the_rules(word, expected):
    assert to_pig_latin(word) == expected


@pytest.mark.parametrize("word", ["", "two words", "don't", "café", "r2d2", "line\n"])
def test_other_than_letters_are_refused(word):
    with pytest.raises(ValueError, match=r"word: expected one of the letters a to z, got ['\"]"):
        to_pig_latin(word)


def test_the_words():
    words = _read_words()
    assert f"{len(words):,} common English words" in _PATH.read_text()
    assert len(set(words)) == len(words) == 9_272
    for word in words:
        assert re.fullmatch("[a-z]{2,14}", word)
        assert re.search("[aeiouy]", word)


def test_licence_is_named_beside_them():
    header = [line for line in _PATH.read_text().splitlines() if line.startswith("#")]
    assert "CC BY 2.0 FR" in " ".join(header)
    assert "tatoeba.org" in " ".join(header)


def test_no_word_is_in_two_splits():
    splits = {}
    for split, size in info("pig_latin").splits.items():
        dataset = load("pig_latin", split)
        pairs = [tuple(side.decode() for side in pair) for pair in dataset.as_numpy_iterator()]
        assert dataset.cardinality() == len(pairs) == size
        assert all(to_pig_latin(word) == pig for word, pig in pairs)
        splits[split] = {word for word, _ in pairs}
    assert set.union(*splits.values()) == set(_read_words())
    assert sum(map(len, splits.values())) == 9_272


def test_other_splits_are_refused():
    with pytest.raises(ValueError, match="pig_latin has the splits train, validation, test here"):
        load("pig_latin", "dev")


def test_hashed_split_has_the_sizes_asked_for():
    counts = collections.Counter(hashed_split(str(number), percent=10) for number in range(10_000))
    assert abs(counts["validation"] - 1_000) < 100
    assert abs(counts["test"] - 1_000) < 100
