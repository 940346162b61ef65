import os
from pathlib import Path

import pytest
import tensorflow as tf
from corpus_files import MULTI30K_TEST, write_multi30k, write_tatoeba

from apps.datasets import bucket_by_length, info, load, read_pairs, read_parallel

_DATA = Path(os.environ.get("SEQZOO_DATA") or "/nowhere")
_TEXT = tf.TensorSpec((), tf.string)


def decoded(dataset):
    """Returns the examples as pairs of strings, or of a string and a list of them."""
    return [
        (source.decode(), target.decode() if isinstance(target, bytes) else decode_all(target))
        for source, target in dataset.as_numpy_iterator()
    ]


def decode_all(texts):
    return [text.decode() for text in texts]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def read(tmp_path):
    """Returns the examples of a split, sorted."""

    def read(name, split, **options):
        dataset = load(name, split, prepared_dir=tmp_path / "prepared", **options)
        target = tf.TensorSpec((None,), tf.string) if options.get("references") else _TEXT
        assert dataset.element_spec == (_TEXT, target)
        examples = decoded(dataset)
        assert dataset.cardinality() == len(examples)
        return sorted(examples)

    return read


def test_multi30k(data, read):
    write_multi30k(data / "multi30k")
    assert read("multi30k_en_de", "train") == [
        ("A dog.", "Ein Hund."),
        ("Two men\xa0sit .", "Zwei Männer\x85sitzen."),
    ]
    assert read("multi30k_en_de", "validation") == [("A cat.", "Eine Katze.")]
    with pytest.raises(ValueError, match=r"flickr\.en was looked for at .*en\.gz, to be gunzipped"):
        read("multi30k_en_de", "test")
    write_multi30k(data / "multi30k", MULTI30K_TEST)
    assert read("multi30k_en_de", "test") == [("A cow.", "Eine Kuh.")]


def test_multi30k_has_other_languages(data, read):
    write_multi30k(data / "multi30k")
    with pytest.raises(FileNotFoundError, match=r"train\.cs was looked for at .*/train\.cs\.gz"):
        read("multi30k_en_cs", "train")
    for path in (data / "multi30k" / "raw").glob("*.de"):
        path.rename(path.with_suffix(".fr"))
    assert read("multi30k_en_fr", "validation") == [("A cat.", "Eine Katze.")]


def test_multi30k_refuses_files_of_other_lengths(data, read):
    write_multi30k(data / "multi30k", {"train": ("a\nb\n", "a\nb\n"), "val": ("a\nb\n", "a\n")})
    with pytest.raises(ValueError, match=r"got 2 lines in .*/val\.en and 1 in .*/val\.de"):
        read("multi30k_en_de", "train")


def test_tatoeba_is_split_by_english_sentence(data, read):
    write_tatoeba(data / "tatoeba-eng-spa")
    assert read("tatoeba_en_es", "train") == [
        ("Go!", "¡Ve!"),
        ("Go.", "Ve."),
        ("Go.", "Vete."),
        ("Hi.", "Hola\x85."),
    ]
    assert read("tatoeba_en_es", "validation") == [
        ("WHY me!", "¡Por qué yo!"),
        ("Why me?", "¿Por qué yo?"),
    ]
    assert read("tatoeba_en_es", "test") == [("I know.", "Ya sé.")]


def test_tatoeba_yields_all_references(data, read):
    write_tatoeba(data / "tatoeba-eng-spa")
    assert read("tatoeba_en_es", "validation", references=True) == [
        ("WHY me!", ["¡Por qué yo!"]),
        ("Why me?", ["¿Por qué yo?", "¿Y por qué yo?"]),
    ]
    assert read("tatoeba_en_es", "train", references=True) == [
        ("Go!", ["¡Ve!"]),
        ("Go.", ["Ve.", "Vete."]),
        ("Hi.", ["Hola\x85."]),
    ]
    assert read("tatoeba_en_es", "test", references=False) == [("I know.", "Ya sé.")]


def test_tatoeba_has_larger_held_out_splits_in_arabic(data, read):
    write_tatoeba(data / "tatoeba-eng-ara", "ara.txt")
    assert read("tatoeba_en_ar", "train") == [("Hi.", "Hola\x85.")]
    assert {source for source, _ in read("tatoeba_en_ar", "validation")} == {
        *("I know.", "WHY me!", "Why me?")
    }
    assert {source for source, _ in read("tatoeba_en_ar", "test")} == {"Go!", "Go."}


@pytest.mark.parametrize("line", ["Go.", "Go.\t ", "\tVe.", "Go.\tVe.\tby\tme", ""])
def test_tatoeba_names_file_and_line(data, read, line):
    write_tatoeba(data / "tatoeba-eng-spa")
    with (data / "tatoeba-eng-spa" / "spa.txt").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ValueError, match=r"spa\.txt, line 11: expected 'source<TAB>target' .* got"):
        read("tatoeba_en_es", "train")


def test_missing_files_say_where_they_come_from(data, read):
    with pytest.raises(
        FileNotFoundError, match=r"got no such folder\. Unpack .*/spa-eng\.zip"
    ) as error:
        read("tatoeba_en_es", "train")
    assert "downloaded" not in str(error.value)
    (data / "tatoeba-eng-ara").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"ara\.txt was looked for at .* Unpack .*ara-eng"):
        read("tatoeba_en_ar", "train")
    with pytest.raises(
        FileNotFoundError, match=r"multi30k, .* gunzip into a folder multi30k/raw: "
    ):
        read("multi30k_en_de", "train")


def test_an_option_has_to_be_known():
    with pytest.raises(ValueError, match="tatoeba_en_es has no option 'reference'; did you mean"):
        load("tatoeba_en_es", "test", reference=True)


def test_read_parallel(tmp_path):
    source, target = tmp_path / "a.en", tmp_path / "a.de"
    source.write_text("One.\nTwo.\n")
    target.write_text("Eins.\nZwei.")
    assert read_parallel(source, target) == [("One.", "Eins."), ("Two.", "Zwei.")]
    target.write_text("Eins.\n \n")
    with pytest.raises(ValueError, match=r"a\.de, line 2: expected a sentence, got an empty line"):
        read_parallel(source, target)
    target.write_text("Eins.\n")
    with pytest.raises(ValueError, match=r"got 2 lines in .*/a\.en and 1 in .*/a\.de"):
        read_parallel(source, target)


def test_read_pairs(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_bytes("One.\tUno.\tby me\r\nTwo\x85.\tDos.".encode())
    assert read_pairs(path) == [("One.", "Uno."), ("Two\x85.", "Dos.")]


@pytest.mark.parametrize("name", [f"multi30k_en_{language}" for language in ("de", "fr", "cs")])
def test_the_original_multi30k(tmp_path, caplog, name):
    splits = _read_originals(name, tmp_path)
    sources = {split: {source for source, _ in splits[split]} for split in splits}
    assert sources["train"] & sources["validation"] == {
        "A man in a black shirt is singing into a microphone."
    }
    assert not caplog.records


@pytest.mark.parametrize("name", ["tatoeba_en_es", "tatoeba_en_ar"])
def test_the_original_tatoeba(tmp_path, caplog, name):
    splits = _read_originals(name, tmp_path)
    keys = {
        split: {"".join(filter(str.isalnum, source.casefold())) for source, _ in splits[split]}
        for split in splits
    }
    assert len(set.union(*keys.values())) == sum(map(len, keys.values()))
    assert len(set(splits["train"])) == len(splits["train"])
    assert not caplog.records


def test_the_references_of_the_original_tatoeba(tmp_path):
    _skip_without("tatoeba_en_ar")
    options = {"data_dir": _DATA, "prepared_dir": tmp_path}
    for split, count in (("validation", 1_273), ("test", 1_333)):
        first = dict(decoded(load("tatoeba_en_ar", split, **options)))
        references = dict(decoded(load("tatoeba_en_ar", split, references=True, **options)))
        assert sum(map(len, references.values())) == count
        assert {source: targets[0] for source, targets in references.items()} == first


def _skip_without(name):
    if not (_DATA / info(name).folder).is_dir():
        pytest.skip(f"no {info(name).folder} in SEQZOO_DATA")


def _read_originals(name, prepared_dir):
    """Returns the examples of each split; skips the test where the files are not there."""
    _skip_without(name)
    splits = {}
    for split, size in info(name).splits.items():
        dataset = load(name, split, data_dir=_DATA, prepared_dir=prepared_dir)
        splits[split] = decoded(dataset)
        assert len(splits[split]) == size
        assert all(source and target for source, target in splits[split])
    batches = bucket_by_length(dataset, 64)
    assert sum(len(sources) for sources, _ in batches) == size
    return splits
