"""TranslationPreprocessor: start and end, labels and weights, cuts, padding, and the way back."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from apps import SubwordTokenizer, TranslationPreprocessor, learn_subwords

SHOWN = {"<pad>": "0", "<unk>": "?", "<s>": "<", "</s>": ">", "▁": "_"}


@functools.cache
def tokenizer():
    return SubwordTokenizer(learn_subwords([["abcd dcba"]], 20, kind="char"))


@functools.cache
def letters():
    return [SHOWN.get(piece, piece) for piece in tokenizer().get_vocabulary()]


def make_preprocessor(sequence_length=8, **kwargs):
    return TranslationPreprocessor(tokenizer(), sequence_length, **kwargs)


def shown(ids):
    """Ids as text: 0 padding, ? unknown, < start, > end, _ space."""
    return ["".join(letters()[int(index)] for index in row) for row in np.asarray(ids)]


def test_sources_end_and_targets_start():
    x, labels, weights = make_preprocessor()(["ab", "dcba"], ["b", "cda"])
    assert shown(x["source_ids"]) == ["_ab>00", "_dcba>"]
    assert x["source_mask"].numpy().tolist() == [[True] * 4 + [False] * 2, [True] * 6]
    assert shown(labels) == ["_b>00", "_cda>"]
    assert shown(x["target_ids"]) == ["<_b00", "<_cda"]
    assert weights.numpy().tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    kinds = [x["source_ids"].dtype, x["source_mask"].dtype, x["target_ids"].dtype, labels.dtype]
    assert kinds == [tf.int32, tf.bool, tf.int32, tf.int32]
    assert weights.dtype == tf.float32


def test_without_targets_the_decoder_starts():
    x = make_preprocessor()(["ab", "dcba", ""])
    assert shown(x["target_ids"]) == ["<", "<", "<"]
    assert shown(x["source_ids"]) == ["_ab>00", "_dcba>", ">00000"]


def test_what_is_longer_is_cut_and_has_no_end():
    preprocessor = make_preprocessor(5)
    x, labels, weights = preprocessor(["abc", "abcd", "dcba dcba"], ["abc", "abcd", "dd bb"])
    assert shown(x["source_ids"]) == ["_abc>", "_abcd", "_dcba"]
    assert np.all(x["source_mask"])
    assert shown(labels) == ["_abc>", "_abcd", "_dd_b"]
    assert shown(x["target_ids"]) == ["<_abc", "<_abc", "<_dd_"]
    assert np.all(weights.numpy() == 1)
    _, lengths = preprocessor.encode(["abc", "abcd", "dcba dcba", ""])
    assert lengths.numpy().tolist() == [5, 6, 11, 1]


def test_pad_to_length():
    preprocessor = make_preprocessor(8, pad_to_length=True)
    x, labels, weights = preprocessor(["ab"], ["b"])
    assert shown(x["source_ids"]) == ["_ab>0000"]
    assert shown(x["target_ids"]) == ["<_b00000"]
    assert shown(labels) == ["_b>00000"]
    assert weights.numpy().tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]
    assert preprocessor(["abcdabcdabcd"])["source_ids"].shape == (1, 8)
    dataset = tf.data.Dataset.from_tensor_slices((["ab", "b"], ["b", "c"])).batch(2)
    shapes = [part.shape[1] for part in dataset.map(preprocessor).element_spec[0].values()]
    assert shapes == [8, 8, 8]


def test_weights_of_texts():
    _, _, weights = make_preprocessor()(["ab", "c"], ["b", "cd"], [0.5, 2])
    assert weights.numpy().tolist() == [[0.5, 0.5, 0.5, 0], [2, 2, 2, 2]]
    _, _, weights = make_preprocessor()(["ab"], ["b"], sample_weight=tf.constant([3]))
    assert weights.numpy().tolist() == [[3, 3, 3]]


def test_in_a_pipeline_it_gives_the_same():
    preprocessor = make_preprocessor()
    texts = (["ab", "dcba", ""], ["b", "cda", "d"])
    (batch,) = tf.data.Dataset.from_tensor_slices(texts).batch(3).map(preprocessor)
    here = preprocessor(*texts)
    for name in here[0]:
        np.testing.assert_array_equal(batch[0][name], here[0][name])
    for one, other in zip(batch[1:], here[1:]):
        np.testing.assert_array_equal(one, other)


def test_known():
    preprocessor = make_preprocessor()
    texts = ["a", "é", "", "é a", "é é", " "]
    inputs, _ = preprocessor.encode(texts)
    known = preprocessor.known(inputs["source_ids"])
    assert known.numpy().tolist() == [True, False, False, True, False, False]
    graph = tf.function(preprocessor.known)
    assert graph(inputs["source_ids"]).numpy().tolist() == known.numpy().tolist()


def test_decode_stops_at_the_end():
    rows = ["_ab>cd", "_ab_dc", "><abcd", "_a0?<b", "000000"]
    ids = tf.constant([[letters().index(letter) for letter in row] for row in rows])
    decoded = make_preprocessor().decode(ids).numpy().tolist()
    assert decoded == [b"ab", b"ab dc", b"", b"ab", b""]


def test_labels_decode_to_the_targets():
    preprocessor = make_preprocessor(20)
    targets = ["a", "dcba abcd", "", "b b"]
    _, labels, _ = preprocessor(["a"] * 4, targets)
    assert preprocessor.decode(labels).numpy().tolist() == [text.encode() for text in targets]


def test_config():
    preprocessor = make_preprocessor(9, pad_to_length=True)
    again = TranslationPreprocessor.from_config(preprocessor.get_config())
    assert (again.sequence_length, again.pad_to_length) == (9, True)


@pytest.mark.parametrize("length", [1, 0, 2.0, True, None])
def test_bad_lengths(length):
    with pytest.raises(ValueError, match=rf"`sequence_length` must be .*got {length}"):
        make_preprocessor(length)


def test_without_a_vocabulary():
    preprocessor = TranslationPreprocessor(SubwordTokenizer())
    with pytest.raises(ValueError, match="No vocabulary has been set"):
        preprocessor(["ab"])
