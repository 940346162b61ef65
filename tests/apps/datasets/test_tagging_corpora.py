import collections
import os
from pathlib import Path

import pytest
import tensorflow as tf
from corpus_files import write_btc, write_ewt, write_uner, write_wnut17

from apps.datasets import bucket_by_length, info, load

_DATA = Path(os.environ.get("SEQZOO_DATA") or "/nowhere")
_VECTOR = tf.TensorSpec((None,), tf.string)


def decoded(dataset):
    """Returns the examples as pairs of two lists of strings."""
    examples = dataset.as_numpy_iterator()
    return [tuple([cell.decode() for cell in side] for side in example) for example in examples]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def read(tmp_path):
    """Returns the examples of a split, sorted."""

    def read(name, split):
        dataset = load(name, split, prepared_dir=tmp_path / "prepared")
        assert dataset.element_spec == (_VECTOR, _VECTOR)
        examples = decoded(dataset)
        assert dataset.cardinality() == len(examples)
        return sorted(examples)

    return read


def test_ewt(data, read):
    write_ewt(data / "ud-ewt")
    words = (["New York\xa0\x85"], ["We", "do", "n't", "!"])
    upos, xpos = (["PROPN"], ["PRON", "AUX", "PART", "PUNCT"]), (["NNP"], ["PRP", "VBP", "RB", "."])
    assert read("ewt_upos", "train") == list(zip(words, upos))
    assert read("ewt_xpos", "train") == list(zip(words, xpos))
    assert read("ewt_upos", "validation") == [(["Hi"], ["INTJ"])]


def test_uner_ewt_reads_other_classes_as_no_entity(data, read):
    write_uner(data / "uner-ewt")
    words = ["In", "Rome", "#", "Ann", "Lee", "'s", "Mac", "Pro"]
    tags = ["O", "B-LOC", "O", "B-PER", "I-PER", "O", "O", "O"]
    assert read("uner_ewt", "train") == [(words, tags)]
    assert read("uner_ewt", "validation") == [(["UN"], ["B-ORG"])]


def test_wnut17(data, read):
    write_wnut17(data / "wnut17", test=True)
    assert read("wnut17", "train") == [
        (["A"], ["O"]),
        (["At", "Rome", "#\u2028"], ["O", "B-location", "O"]),
        (["Iron"], ["B-creative-work"]),
    ]
    assert read("wnut17", "validation") == [(["Hi\xa0all"], ["I-group"])]
    assert read("wnut17", "test") == [(["Oslo"], ["B-location"])]


def test_btc_leaves_out_empty_words(data, read):
    write_btc(data / "btc")
    assert read("btc", "train") == [(["RT", "MH17", "Ann"], ["O", "O", "B-PER"])]
    assert read("btc", "validation") == [(["a b"], ["O"]), (["c"], ["O"])]


@pytest.mark.parametrize(
    ("name", "write", "line", "message"),
    [
        ("ewt_upos", write_ewt, "2\tyou", r"train\.conllu, line 14: expected 10 columns"),
        ("uner_ewt", write_uner, "9\tMac\tB-MISC\t-\t-", r"train\.iob2, line 11: .*LOC, got 'B-MI"),
        ("wnut17", write_wnut17, "a\tB-person\tO", r"train\.conll, line 9: expected 2 columns"),
        ("btc", write_btc, "a\tB-person", r"btc\.train, line 5: expected a tag of O, B-PER, I-PER"),
    ],
)
def test_broken_lines_name_the_file(data, read, name, write, line, message):
    write(data / info(name).folder)
    with (data / info(name).folder / info(name).files["train"][0]).open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ValueError, match=message):
        read(name, "train")


def test_missing_files_say_where_they_come_from(data, read):
    with pytest.raises(FileNotFoundError, match=r"data/btc, got no such folder\. Download into"):
        read("btc", "train")
    write_btc(data / "btc")
    (data / "btc" / "btc.dev").unlink()
    with pytest.raises(FileNotFoundError, match=r"btc\.dev was looked for at .* https.*/btc\.dev"):
        read("btc", "train")


def test_labels():
    assert info("wnut17").labels[:3] == ("O", "B-person", "I-person")
    for name, count in (("ewt_upos", 17), ("ewt_xpos", 49), ("uner_ewt", 7), ("wnut17", 13)):
        assert len(set(info(name).labels)) == len(info(name).labels) == count
    assert info("btc").labels == info("uner_ewt").labels


_ORIGINALS = {  # words and entities by class, of the training and the validation split
    "ewt_upos": (204_577, {}, 25_147, {}),
    "ewt_xpos": (204_577, {}, 25_147, {}),
    "uner_ewt": (
        *(204_579, {"PER": 2_873, "LOC": 2_698, "ORG": 1_434}),
        *(25_149, {"PER": 343, "LOC": 399, "ORG": 224}),
    ),
    "wnut17": (
        62_730,
        {
            **{"person": 660, "location": 548, "group": 264},
            **{"corporation": 221, "product": 142, "creative-work": 140},
        },
        15_733,
        {
            **{"person": 470, "location": 74, "group": 39},
            **{"corporation": 34, "product": 114, "creative-work": 105},
        },
    ),
    "btc": (
        *(99_933, {"PER": 4_084, "ORG": 2_665, "LOC": 2_030}),
        *(15_023, {"PER": 1_194, "ORG": 380, "LOC": 156}),
    ),
}


@pytest.mark.parametrize("name", _ORIGINALS)
def test_the_originals(tmp_path, caplog, name):
    corpus = info(name)
    if not (_DATA / corpus.folder).is_dir():
        pytest.skip(f"no {corpus.folder} in SEQZOO_DATA")
    train_words, train_entities, validation_words, validation_entities = _ORIGINALS[name]
    for split, words, entities in (
        ("train", train_words, train_entities),
        ("validation", validation_words, validation_entities),
    ):
        dataset = load(name, split, data_dir=_DATA, prepared_dir=tmp_path)
        examples = decoded(dataset)
        assert len(examples) == corpus.splits[split]
        assert all(len(words) == len(tags) > 0 for words, tags in examples)
        assert sum(len(words) for words, _ in examples) == words
        tags = collections.Counter(tag for _, tags in examples for tag in tags)
        begun = {tag[2:]: count for tag, count in tags.items() if tag[:2] == "B-"}
        assert begun == entities
        assert set(tags) <= set(corpus.labels)
        assert split != "train" or set(tags) == set(corpus.labels)
        batches = bucket_by_length(dataset, 64)
        assert sum(int(batch.nrows()) for batch, _ in batches) == len(examples)
    assert not caplog.records
