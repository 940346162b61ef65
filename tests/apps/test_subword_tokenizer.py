"""SubwordTokenizer: ids and texts, what it learns from, and where its vocabulary survives."""

import io

import keras
import pytest
import sentencepiece
import tensorflow as tf

import apps
from apps import SubwordTokenizer, learn_subwords
from apps.text.subword_tokenizer import KINDS
from zoo.backbones import Seq2Seq

TEXTS = ["the cat sat on the mat", "a hat and a cat", "that is the hat of the cat"]
SIZES = {"unigram": 30, "bpe": 30, "char": 50}
SPECIAL = ["<pad>", "<unk>", "<s>", "</s>"]


def make_tokenizer(kind="char", size=None, texts=TEXTS):
    return SubwordTokenizer(learn_subwords([texts], size or SIZES[kind], kind))


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request):
    return make_tokenizer(request.param)


def test_special_ids_come_first(tokenizer):
    assert tokenizer.get_vocabulary()[:4] == SPECIAL
    ids = (tokenizer.padding_id, tokenizer.unknown_id, tokenizer.start_id, tokenizer.end_id)
    assert ids == (0, 1, 2, 3)
    assert [tokenizer.id_to_token(index) for index in ids] == SPECIAL
    assert min(min(ids) for ids in tokenizer(TEXTS)) > 3


def test_texts_come_back(tokenizer):
    assert tokenizer.detokenize(tokenizer(TEXTS)) == TEXTS
    assert tokenizer.detokenize(tokenizer("a mat")) == "a mat"
    assert tokenizer.vocabulary_size() == len(tokenizer.get_vocabulary())


def test_ids_and_texts_as_tensors(tokenizer):
    texts = ["a hat", "", "the mat sat"]
    ids = tokenizer.ids_of(texts)
    assert isinstance(ids, tf.RaggedTensor)
    assert ids.dtype == tf.int32
    assert ids.to_list() == [list(row) for row in tokenizer(texts)]
    assert [text.decode() for text in tokenizer.texts_of(ids).numpy()] == texts
    dense = tf.constant([ids.to_list()[0]], tf.int64)
    assert tokenizer.texts_of(dense).numpy().tolist() == [b"a hat"]


def test_ids_and_texts_in_a_pipeline(tokenizer):
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2).map(tokenizer.ids_of)
    assert [row for batch in dataset for row in batch.to_list()] == [
        list(row) for row in tokenizer(TEXTS)
    ]
    back = [text.decode() for batch in dataset.map(tokenizer.texts_of) for text in batch.numpy()]
    assert back == TEXTS


def test_pieces():
    tokenizer = make_tokenizer()
    assert tokenizer.pieces(tokenizer("a cat")) == ["▁", "a", "▁", "c", "a", "t"]
    assert tokenizer.pieces([0, 1, 2, 3]) == SPECIAL
    assert make_tokenizer("bpe").pieces(make_tokenizer("bpe")("the cat")) == ["▁the", "▁cat"]
    with pytest.raises(ValueError, match="`id` must be in range"):
        tokenizer.pieces([999])


def test_what_is_not_known_and_what_is_normalised():
    tokenizer = make_tokenizer()
    assert tokenizer.pieces(tokenizer("hé")) == ["▁", "h", "<unk>"]
    assert tokenizer(["  a \t hat "]) == tokenizer(["a hat"])
    assert tokenizer(["ａ ｈａｔ"]) == tokenizer(["a hat"])  # NFKC
    assert tokenizer(["", " "]) == [[], []]


def test_random_seeds_do_not_take_the_vocabulary_away():
    """TensorFlow clears its caches when a seed is set, and TensorFlow Text's models with them."""
    tokenizer = make_tokenizer()
    expected = [list(row) for row in tokenizer(["a hat"])]
    pipeline = tf.data.Dataset.from_tensors(["a hat"]).map(tokenizer.ids_of)
    function = tf.function(tokenizer.ids_of)
    function(tf.constant(["a hat"]))
    keras.utils.set_random_seed(1)
    assert tokenizer.ids_of(["a hat"]).to_list() == expected
    assert [ids.to_list() for ids in pipeline] == [expected]
    assert function(tf.constant(["a hat"])).to_list() == expected


def test_two_vocabularies_side_by_side():
    one, other = make_tokenizer(), make_tokenizer(texts=["tahc"])
    assert one.ids_of(["hat"]).to_list() != other.ids_of(["hat"]).to_list()
    for tokenizer in (one, other):
        assert tokenizer.texts_of(tokenizer.ids_of(["hat"])).numpy().tolist() == [b"hat"]


@pytest.mark.parametrize("kind", KINDS)
def test_learnt_twice_it_is_the_same(kind):
    texts = tf.data.Dataset.from_tensor_slices(TEXTS)
    first = learn_subwords([TEXTS], SIZES[kind], kind)
    assert learn_subwords([texts], SIZES[kind], kind) == first
    assert learn_subwords([["", " "], TEXTS[:1], tuple(TEXTS[1:])], SIZES[kind], kind) == first


def test_sizes():
    assert make_tokenizer("char", 8).vocabulary_size() == 8
    assert make_tokenizer("char", 500).vocabulary_size() == 4 + len(set("".join(TEXTS)))
    sizes = [make_tokenizer("bpe", size).vocabulary_size() for size in (20, 25)]
    assert sizes == [20, 25]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([TEXTS], 20, "word"), ValueError, r"`kind` must be one of .*'char'.*got 'word'"),
        (([TEXTS], 20.0), ValueError, "`vocabulary_size` must be an integer, got 20.0"),
        (([TEXTS], True), ValueError, "`vocabulary_size` must be an integer, got True"),
        (([TEXTS], 4), ValueError, "`vocabulary_size` must be 5 or more, got 4"),
        (([TEXTS], 10), ValueError, "gave no vocabulary of 10: .*smaller than required_chars"),
        (([], 20), ValueError, "`datasets` must have a text that is not blank"),
        (([["", "  "]], 20), ValueError, "`datasets` must have a text that is not blank"),
        ((["x" * 4200], 20), TypeError, r"`datasets\[0\]` must be a dataset or a list .*got 'xx"),
        (([["x" * 4200]], 20), ValueError, "gave no vocabulary of 20: no text is short enough"),
        (("text", 20), TypeError, "`datasets` must be a list of datasets or lists, got 'text'"),
    ],
)
def test_bad_arguments_of_learning(arguments, error, message):
    with pytest.raises(error, match=message):
        learn_subwords(*arguments)


def test_a_vocabulary_with_other_special_ids_is_refused():
    foreign = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=foreign, vocab_size=20, model_type="char"
    )  # by default 0 is unknown, and there is no padding
    with pytest.raises(ValueError, match=r"`proto` must have the ids 0, 1, 2, 3 .* \(-1, 0, 1, 2"):
        SubwordTokenizer(foreign.getvalue())


def test_without_a_vocabulary():
    tokenizer = SubwordTokenizer()
    assert not tokenizer.has_vocabulary
    for job in (lambda: tokenizer.ids_of(["a"]), lambda: tokenizer.pieces([1])):
        with pytest.raises(ValueError, match="No vocabulary has been set"):
            job()
    tokenizer.set_proto(learn_subwords([TEXTS], 50, "char"))
    assert tokenizer.has_vocabulary
    assert tokenizer.texts_of(tokenizer.ids_of(["a hat"])).numpy().tolist() == [b"a hat"]


def test_a_file_of_its_own(tmp_path):
    tokenizer = make_tokenizer("bpe")
    (tmp_path / "vocabulary.spm").write_bytes(tokenizer.proto)
    assert SubwordTokenizer(str(tmp_path / "vocabulary.spm")).proto == tokenizer.proto
    loaded = SubwordTokenizer.from_config(tokenizer.get_config())
    loaded.load_assets(tmp_path)
    assert loaded(TEXTS) == tokenizer(TEXTS)


def test_presets_and_keras_files_keep_the_vocabulary(tmp_path):
    preprocessor = apps.TranslationPreprocessor(make_tokenizer("unigram"))
    backbone = Seq2Seq(preprocessor.tokenizer.vocabulary_size(), 4, 3)
    translator = apps.Translator(backbone, preprocessor)
    translator.save(tmp_path / "mine.keras")
    loaded = keras.saving.load_model(tmp_path / "mine.keras").preprocessor.tokenizer
    translator.save_to_preset(tmp_path / "mine")
    for again in (loaded, SubwordTokenizer.from_preset(str(tmp_path / "mine"))):
        assert again.proto == preprocessor.tokenizer.proto
        assert again.texts_of(again.ids_of(TEXTS)).numpy().tolist() == [t.encode() for t in TEXTS]
