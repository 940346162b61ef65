"""WordTokenizer: which tokens, where they stand, which ids."""

import json
import unicodedata
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from apps import WordTokenizer, learn_vocabulary
from apps.core.raw_text import is_blank


def split(text, **kwargs):
    tokens = WordTokenizer(**kwargs).split(tf.constant([text]))
    return [token.decode("utf-8") for token in tokens[0].numpy()]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A witty film.", ["a", "witty", "film", "."]),
        ("I don't; it's", ["i", "do", "n't", ";", "it", "'s"]),
        ("they’ve can’t", ["they", "'ve", "ca", "n't"]),
        (
            "3.5 of 10, at 10:30 in the 1980s",
            ["3.5", "of", "10", ",", "at", "10:30", "in", "the", "1980s"],
        ),
        ("wait... no!!", ["wait", "...", "no", "!", "!"]),
        ("one<br /><br>two", ["one", "two"]),
        ("a\u00a0b\u2003c\x00d", ["a", "b", "c", "d"]),
        ("well-made", ["well", "-", "made"]),
        ("ﬁne ５６ Café", ["fine", "56", "café"]),
        ("cafe\u0301", ["café"]),
        ("good 😀", ["good", "😀"]),
        ("فيلم رائع، جدا", ["فيلم", "رائع", "،", "جدا"]),
        ("   ", []),
        ("", []),
    ],
)
def test_tokens(text, tokens):
    assert split(text) == tokens


@pytest.mark.parametrize(
    ("word", "error", "message"),
    [
        ("a\nb", ValueError, r"`vocabulary` must have words without line ends.*got 'a\\nb'"),
        ("a\r", ValueError, r"`vocabulary` must have words without line ends.*got 'a\\r'"),
        ("", ValueError, r"`vocabulary` must have no '' among its words"),
        ("[UNK]", ValueError, r"`vocabulary` must have no '\[UNK\]' among its words"),
        (3, TypeError, r"`vocabulary\[1\]` must be a string, got 3"),
    ],
)
def test_what_is_no_word(word, error, message):
    with pytest.raises(error, match=message):
        WordTokenizer(["a", word])


def test_the_vocabulary_of_text_vectorization():
    layer = keras.layers.TextVectorization()
    layer.adapt(["the film", "the end"])
    tokenizer = WordTokenizer(layer.get_vocabulary())
    assert tokenizer(["The end of the film"]) == layer(["The end of the film"]).numpy().tolist()


def test_words_that_every_vocabulary_has_are_not_learnt():
    words = tf.ragged.constant([["a", "[UNK]", "", "[PAD]"]])
    words = tf.data.Dataset.from_tensor_slices(words)
    assert learn_vocabulary(words, WordTokenizer(lowercase=False), 9) == ["a"]


def test_case_is_kept_on_demand():
    assert split("A Film", lowercase=False) == ["A", "Film"]


def test_offsets_point_into_the_text_as_it_came():
    text = "Ah — Café isn’t ﬁne. 😀<br />ok"
    tokens, starts, ends = WordTokenizer().split_with_offsets(tf.constant([text]))
    data = text.encode("utf-8")
    for token, start, end in zip(tokens[0].numpy(), starts[0].numpy(), ends[0].numpy()):
        assert data[start:end] == token
    joined = [token.decode("utf-8") for token in tokens[0].numpy()]
    assert joined == ["Ah", "—", "Café", "is", "n’t", "ﬁne", ".", "😀", "ok"]


def test_ids_and_words():
    tokenizer = WordTokenizer(["a", "film"])
    assert tokenizer(["A bad film", ""]) == [[2, 1, 3], []]
    assert tokenizer("a film").numpy().tolist() == [2, 3]
    assert tokenizer.get_vocabulary() == ["[PAD]", "[UNK]", "a", "film"]
    assert tokenizer.vocabulary_size() == 4
    assert tokenizer.id_to_token(3) == "film"
    assert tokenizer.token_to_id("nothing") == 1
    assert tokenizer.detokenize([2, 1, 3]).numpy() == b"a [UNK] film"
    assert tokenizer.detokenize([[2, 1], [3]]).numpy().tolist() == [b"a [UNK]", b"film"]


def test_works_inside_tf_data():
    tokenizer = WordTokenizer(["a", "film"])
    texts = tf.data.Dataset.from_tensor_slices(["a film", "film"]).batch(2)
    assert next(iter(texts.map(tokenizer))).to_list() == [[2, 3], [3]]


def test_vocabulary_is_an_asset_that_survives_saving(tmp_path):
    tokenizer = WordTokenizer(["à", "¨x", '"'])
    tokenizer.save_assets(tmp_path)
    assert WordTokenizer(tmp_path / "vocabulary.txt").get_vocabulary() == tokenizer.get_vocabulary()
    loaded = WordTokenizer.from_config(tokenizer.get_config())
    loaded.load_assets(tmp_path)
    assert loaded(['À "']) == [[2, 4]]


def test_keras_file_keeps_the_vocabulary(tmp_path, make_classifier):
    classifier = make_classifier()
    classifier.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.classify(["a fine film"]) == classifier.classify(["a fine film"])


def replace_in_archive(file, name, change):
    """Lets a function change a JSON member of a zip file."""
    with zipfile.ZipFile(file) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    value = json.loads(members[name])
    change(value)
    members[name] = json.dumps(value).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)


def test_a_model_from_elsewhere_names_no_file(tmp_path, make_classifier):
    (tmp_path / "secret.txt").write_text("\n".join("abcdef"))
    make_classifier().save(tmp_path / "model.keras")

    def name_file(value):
        tokenizer = value["config"]["preprocessor"]["config"]["tokenizer"]
        tokenizer["config"]["vocabulary"] = str(tmp_path / "secret.txt")

    replace_in_archive(tmp_path / "model.keras", "config.json", name_file)
    with pytest.raises((ValueError, TypeError), match="`vocabulary` must be a list of words in a"):
        keras.saving.load_model(tmp_path / "model.keras")


def test_learn_vocabulary_counts_and_cuts():
    texts = tf.data.Dataset.from_tensor_slices(["b a a", "A c b", "d"])
    tokenizer = WordTokenizer()
    assert learn_vocabulary(texts, tokenizer, 100) == ["a", "b", "c", "d"]
    assert learn_vocabulary(texts, tokenizer, 3) == ["a"]
    assert learn_vocabulary(texts, tokenizer, 100, min_count=2) == ["a", "b"]
    with pytest.raises(ValueError, match="min_count"):
        learn_vocabulary(texts, tokenizer, 100, min_count=9)
    with pytest.raises(ValueError, match="size"):
        learn_vocabulary(texts, tokenizer, 2)


def test_the_vocabulary_fills_up_with_words_of_other_texts():
    own = tf.data.Dataset.from_tensor_slices(["b b a", "c"])
    others = [
        tf.data.Dataset.from_tensor_slices(["d d d d e", "A"]),
        tf.data.Dataset.from_tensor_slices(tf.ragged.constant([["D", "f"], ["f"]])),
    ]
    tokenizer = WordTokenizer()
    words = learn_vocabulary(own, tokenizer, 7, others=others)
    assert words == ["d", "b", "a", "f", "c"]  # e is left out, c is not: it is of the own texts
    assert learn_vocabulary(own, tokenizer, 5, min_count=2, others=others) == ["d", "b", "a"]
    assert learn_vocabulary(own, tokenizer, 4, others=others) == ["b", "a"]


def test_ids_of_ready_made_words():
    tokenizer = WordTokenizer(["film", "it's"])
    assert tokenizer.word_ids(tf.constant(["FILM", "It’s", "new"])).numpy().tolist() == [2, 3, 1]


def test_errors_name_the_argument(tmp_path):
    with pytest.raises(ValueError, match=r"`vocabulary`.*\['a'\]"):
        WordTokenizer(["a", "b", "a"])
    with pytest.raises(FileNotFoundError, match=r"none\.txt"):
        WordTokenizer(tmp_path / "none.txt")
    with pytest.raises(ValueError, match="not set"):
        WordTokenizer()(["a"])
    with pytest.raises(ValueError, match=r"`id`.*4"):
        WordTokenizer(["a", "b"]).id_to_token(4)


def test_case_is_kept_in_the_configuration():
    for lowercase in (True, False):
        config = WordTokenizer(["Film"], lowercase=lowercase).get_config()
        assert WordTokenizer.from_config(config).lowercase is lowercase


def test_what_is_blank_has_no_words():
    """A text is blank where the tokenizer finds no word in it, and nowhere else."""
    signs = [chr(code) for code in [*range(0xD800), *range(0xE000, 0x30000)]]
    words = WordTokenizer(["a"]).split([*signs, "<br/>", " <BR >\0"]).row_lengths().numpy()
    blank = np.array([is_blank(text) for text in [*signs, "<br/>", " <BR >\0"]])
    differ = [unicodedata.category(signs[row]) for row in np.flatnonzero(blank != (words == 0))]
    assert set(differ) <= {"Cn"}  # not assigned yet for one of the two
