import collections
import hashlib
import subprocess
import sys

import pytest

import apps.datasets
from apps.datasets import info, load
from apps.datasets.text_files import read_utf8_lines
from apps.sentiment.uci_sentiment_sample import _PATH


def rows():
    return [line.split("\t") for line in read_utf8_lines(_PATH)[1:]]


def test_it_is_balanced_over_source_and_label():
    counts = collections.Counter((split, source, label) for split, source, label, _ in rows())
    assert set(counts.values()) == {80, 20}
    assert len(counts) == 12


def test_no_sentence_comes_twice():
    assert len({text for *_, text in rows()}) == 600


def test_the_choice_is_as_documented():
    digests = collections.defaultdict(list)
    for split, source, label, text in rows():
        digests[source, label, split].append(hashlib.sha256(text.encode()).hexdigest())
    for (source, label, split), values in digests.items():
        assert values == sorted(values)
        if split == "train":
            assert values[-1] < digests[source, label, "validation"][0]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_it_loads(split):
    dataset = load("uci_sentiment_sample", split)
    size = info("uci_sentiment_sample").splits[split]
    assert dataset.cardinality() == len(list(dataset)) == size
    text, label = next(iter(dataset))
    assert text.dtype.name == "string"
    assert label.dtype.name == "int64"


def test_it_needs_no_tensorflow_datasets():
    code = (
        "import sys, apps.datasets as d; d.load('uci_sentiment_sample', 'train');"
        "sys.exit('tensorflow_datasets' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_licence_is_named_beside_it():
    assert "CC BY 4.0" in _PATH.with_suffix(".txt").read_text()


def test_public_names_are_documented():
    for name in set(apps.datasets.__all__) - {"NAMES"}:
        assert getattr(apps.datasets, name).__doc__
