import collections
import logging

import pytest
import tensorflow as tf
from corpus_files import write_imdb, write_sst, write_uci

from apps.datasets import NAMES, info, load


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def read(tmp_path):
    """Returns the examples of a split as a list of (text, label)."""

    def read(name, split, **options):
        dataset = load(name, split, prepared_dir=tmp_path / "prepared", **options)
        assert dataset.element_spec == (tf.TensorSpec((), tf.string), tf.TensorSpec((), tf.int64))
        examples = [(text.decode(), int(label)) for text, label in dataset.as_numpy_iterator()]
        assert dataset.cardinality() == len(examples)
        return examples

    return read


def test_imdb_splits(data, read):
    write_imdb(data / "aclImdb")
    validation = read("imdb", "validation")
    assert sorted(validation) == [
        ("train/neg 0<br />très", 0),
        ("train/neg 10<br />très", 0),
        ("train/pos 0<br />très", 1),
        ("train/pos 10<br />très", 1),
    ]
    train = read("imdb", "train")
    assert collections.Counter(label for _, label in train) == {0: 18, 1: 18}
    assert not set(train) & set(validation)
    assert {label for _, label in read("imdb", "unsupervised")} == {-1}
    assert read("imdb", "train") == train


def test_imdb_ids(data, tmp_path, read):
    write_imdb(data / "aclImdb", ("train/pos", "train/neg"))
    read("imdb", "validation")
    from apps.sentiment.imdb import Imdb

    (key,) = (tmp_path / "prepared" / "seqzoo").iterdir()
    examples = Imdb(data_dir=key).as_dataset(split="validation").as_numpy_iterator()
    assert {example["id"] for example in examples} == {
        b"train/neg/0_0",
        b"train/neg/10_0",
        b"train/pos/0_9",
        b"train/pos/10_9",
    }


def test_test_split_appears_with_its_files(data, read):
    write_imdb(data / "aclImdb", ("train/pos", "train/neg"))
    read("imdb", "train")
    with pytest.raises(ValueError, match="has the splits train, validation here") as error:
        read("imdb", "test")
    assert str(data / "aclImdb" / "test" / "pos") in str(error.value)
    assert "aclImdb_v1.tar.gz" in str(error.value)
    write_imdb(data / "aclImdb", ("test/pos",))
    with pytest.raises(FileNotFoundError, match="test/neg was looked for at"):
        read("imdb", "test")
    write_imdb(data / "aclImdb", ("test/neg",))
    assert len(read("imdb", "test")) == 40


def test_another_data_dir_is_another_set(tmp_path, read):
    write_imdb(tmp_path / "a" / "aclImdb", count=20)
    write_imdb(tmp_path / "b" / "aclImdb", count=10)
    assert len(read("imdb", "unsupervised", data_dir=tmp_path / "a")) == 20
    assert len(read("imdb", "unsupervised", data_dir=tmp_path / "b")) == 10
    assert len(read("imdb", "unsupervised", data_dir=tmp_path / "a")) == 20


def test_an_interrupted_preparation_is_not_used(data, tmp_path, read):
    write_imdb(data / "aclImdb")
    bad = data / "aclImdb" / "train" / "unsup" / "5_0.txt"
    bad.write_bytes(b"one\ntwo \xff")
    with pytest.raises(ValueError, match=r"unsup/5_0\.txt, line 2: expected UTF-8"):
        read("imdb", "train")
    assert not list((tmp_path / "prepared" / "seqzoo").glob("*/imdb/1.0.0"))
    bad.write_text("mended")
    assert len(read("imdb", "unsupervised")) == 20


def test_another_process_may_prepare_first(data, read, monkeypatch):
    from apps.sentiment.imdb import Imdb

    prepare = Imdb.download_and_prepare

    def lose_the_race(self, **arguments):
        prepare(type(self)(data_dir=self.data_dir_root), **arguments)
        raise OSError("Directory not empty")

    write_imdb(data / "aclImdb")
    monkeypatch.setattr(Imdb, "download_and_prepare", lose_the_race)
    assert len(read("imdb", "train")) == 36


def test_imdb_rejects_other_file_names(data, read):
    write_imdb(data / "aclImdb")
    (data / "aclImdb" / "train" / "pos" / ".DS_Store").touch()
    (data / "aclImdb" / "train" / "pos" / "notes.txt").touch()
    with pytest.raises(ValueError, match=r"notes\.txt: expected a file called ID_RATING\.txt"):
        read("imdb", "train")


def test_sst_binary_and_fine(data, read):
    write_sst(data / "sst")
    assert sorted(read("sst2", "train")) == [
        ("Awful!", 0),
        ("It's good", 1),
        ("Not a bad film.", 0),
    ]
    assert sorted(read("sst2", "validation")) == [("Bad film", 0), ("Good.", 1)]
    assert dict(read("sst5", "train"))["Two hours"] == 2
    assert sorted(read("sst5", "validation")) == [("Bad film", 1), ("Good.", 4), ("So so", 2)]
    with pytest.raises(ValueError, match=r"test\.txt was looked for at"):
        read("sst5", "test")


def test_sst_phrases_do_not_hold_held_out_sentences(data, tmp_path, read):
    from apps.sentiment.sst import Sst

    write_sst(data / "sst", test=True)
    phrases = read("sst5", "train", phrases=True)
    assert len(phrases) == len(set(phrases))
    assert dict(phrases) == {
        **{"It's good": 3, "It": 2, "'s good": 4, "'s": 2},
        **{"Not a bad film.": 1, "Not a bad film": 2, "Not": 2, "a bad film": 1},
        **{"a": 2, "bad": 1, "film": 2, ".": 2, "!": 2},
        **{"Two hours": 2, "Two": 2, "hours": 2},
    }
    (key,) = (tmp_path / "prepared" / "seqzoo").iterdir()
    metadata = Sst(data_dir=key, config="fine_phrases").info.metadata
    assert metadata["leaked_phrases"] == 4  # good, bad film, Awful, Awful!
    assert read("sst5", "validation", phrases=True) == read("sst5", "validation")
    assert {label for _, label in read("sst2", "train", phrases=True)} == {0, 1}
    assert read("sst5", "test") == [("Awful.", 0)]


def test_sst_names_file_and_line_of_a_broken_tree(data, read):
    write_sst(data / "sst")
    with (data / "sst" / "dev.txt").open("a") as file:
        file.write("(3 (2 Oh)\n")
    with pytest.raises(ValueError, match=r"dev\.txt, line 4: unbalanced brackets"):
        read("sst2", "train")


def test_uci_splits_at_line_feeds_only(data, read):
    write_uci(data / "uci-sentiment")
    assert collections.Counter(read("uci_sentiment", "train")) == {
        ("Good amazon_cells.", 1): 1,
        ("Good imdb.", 1): 1,
        ("Good yelp.", 1): 1,
        ("One\x85line.", 0): 3,
    }


@pytest.mark.parametrize("line", ["No tab 1", "Odd label\t2", ""])
def test_uci_names_file_and_line(data, read, line):
    write_uci(data / "uci-sentiment")
    with (data / "uci-sentiment" / "imdb_labelled.txt").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ValueError, match=r"imdb_labelled\.txt, line 3: expected 'sentence<TAB>0'"):
        read("uci_sentiment", "train")


def test_missing_file_says_where_it_comes_from(data, read):
    write_sst(data / "sst")
    (data / "sst" / "dev.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"dev\.txt was looked for at") as error:
        read("sst2", "train")
    assert str(data / "sst" / "dev.txt") in str(error.value)
    assert info("sst2").downloads[0].url in str(error.value)


def test_missing_folder_says_where_it_comes_from(data, read):
    with pytest.raises(FileNotFoundError, match="data/sst, got no such folder") as error:
        read("sst2", "train")
    assert info("sst2").downloads[0].url in str(error.value)


def test_fewer_examples_than_the_original_are_logged(data, read, caplog):
    write_sst(data / "sst")
    with caplog.at_level(logging.WARNING, logger="apps.datasets"):
        read("sst2", "train")
    assert "train has 3 examples, the original 6,920" in caplog.text


def test_unknown_names():
    with pytest.raises(ValueError, match="called 'imbd'; did you mean imdb"):
        load("imbd", "train")
    with pytest.raises(ValueError, match=r"there are .*imdb, sst2"):
        info("zzz")
    with pytest.raises(ValueError, match="splits train, validation here, got 'dev'"):
        load("uci_sentiment_sample", "dev")
    with pytest.raises(ValueError, match="no option 'phrase'; did you mean phrases"):
        load("sst2", "train", phrase=True)
    with pytest.raises(ValueError, match="imdb has no option 'phrases'"):
        load("imdb", "train", phrases=True)


@pytest.mark.parametrize("name", NAMES)
def test_facts(name):
    corpus = info(name)
    assert corpus.splits["train"] > 0
    assert corpus.licence
    assert corpus.citation
    assert corpus.home_page.startswith("https://")
    for download in corpus.downloads:
        assert download.url.startswith("https://")
        assert download.size > 0
        assert len(bytes.fromhex(download.sha256)) == 32
    assert bool(corpus.downloads or corpus.instructions) == bool(corpus.folder)
    assert bool(corpus.labels) == (corpus.task != "translation")
    if corpus.folder:
        assert set(corpus.files) == set(corpus.splits)
    if corpus.downloads and not corpus.archive_folder:
        files = [file for files in corpus.files.values() for file in files]
        assert [download.file for download in corpus.downloads] == files
