import numpy as np
import pytest
import tensorflow as tf

from apps.datasets import bucket_by_length


def texts_of_lengths(lengths):
    texts = [" ".join([f"t{i}"] + ["w"] * (length - 1)) for i, length in enumerate(lengths)]
    return tf.data.Dataset.from_tensor_slices((texts, np.arange(len(texts))))


def skewed_lengths(count=2_000):
    return np.random.default_rng(0).geometric(1 / 60, count)


def padding_share(batches):
    lengths = [[len(text.split()) for text in texts] for texts, _ in batches.as_numpy_iterator()]
    padded = sum(max(batch) * len(batch) for batch in lengths)
    return 1 - sum(map(sum, lengths)) / padded


def labels_in_order(batches):
    return [label for _, labels in batches.as_numpy_iterator() for label in labels]


def test_every_element_comes_once_an_epoch():
    batches = bucket_by_length(texts_of_lengths(skewed_lengths()), 32, shuffle_buffer=500, seed=1)
    assert batches.element_spec[0].shape.as_list() == [None]
    for _ in range(2):
        assert sorted(labels_in_order(batches)) == list(range(2_000))


def test_padding_is_little():
    dataset = texts_of_lengths(skewed_lengths())
    assert padding_share(dataset.batch(32)) > 0.7
    assert padding_share(bucket_by_length(dataset, 32)) < 0.2


def test_batches_lie_between_boundaries():
    batches = bucket_by_length(texts_of_lengths(range(1, 31)), 4, [10, 20])
    for texts, _ in batches.as_numpy_iterator():
        assert len({np.digitize(len(text.split()), [10, 20]) for text in texts}) == 1


def test_a_seed_fixes_the_order_which_changes_by_epoch():
    def epochs(seed):
        dataset = texts_of_lengths(range(1, 200))
        batches = bucket_by_length(dataset, 8, shuffle_buffer=200, seed=seed)
        return labels_in_order(batches), labels_in_order(batches)

    assert epochs(1) == epochs(1)
    assert epochs(1) != epochs(2)
    assert epochs(1)[0] != epochs(1)[1]


def test_no_shuffling_keeps_the_order_within_a_bucket():
    batches = bucket_by_length(texts_of_lengths([1] * 50), 8)
    assert labels_in_order(batches) == list(range(50))


def test_words_per_batch_bounds_the_padded_size():
    dataset = texts_of_lengths(skewed_lengths().clip(max=500))
    batches = bucket_by_length(dataset, 64, [16, 64, 256], words_per_batch=1024)
    sizes = set()
    for texts, _ in batches.as_numpy_iterator():
        longest = max(len(text.split()) for text in texts)
        assert longest * len(texts) <= 1024
        sizes.add(len(texts))
    assert max(sizes) == 64


def test_drop_remainder_leaves_full_batches():
    batches = bucket_by_length(texts_of_lengths(skewed_lengths()), 32, drop_remainder=True)
    assert {len(texts) for texts, _ in batches.as_numpy_iterator()} == {32}


def test_length_fn_and_elements_without_label():
    dataset = tf.data.Dataset.from_tensor_slices(["aaaa", "b", "cccc", "d"])
    batches = bucket_by_length(dataset, 2, [3], length_fn=tf.strings.length)
    assert [b.tolist() for b in batches.as_numpy_iterator()] == [[b"aaaa", b"cccc"], [b"b", b"d"]]


def sentences_of_lengths(lengths):
    def generate():
        for length in lengths:
            yield [f"w{i}" for i in range(length)], ["O"] * length, length

    vector = tf.TensorSpec((None,), tf.string)
    dataset = tf.data.Dataset.from_generator(
        generate, output_signature=(vector, vector, tf.TensorSpec((), tf.int64))
    )
    return dataset.apply(tf.data.experimental.assert_cardinality(len(lengths)))


def test_sentences_of_words_become_ragged():
    lengths = skewed_lengths(300)
    batches = bucket_by_length(sentences_of_lengths(lengths), 8, [16, 64], shuffle_buffer=50)
    vector = tf.RaggedTensorSpec((None, None), tf.string, ragged_rank=1)
    assert batches.element_spec == (vector, vector, tf.TensorSpec((None,), tf.int64))
    seen = []
    for words, tags, counts in batches:
        assert words.row_lengths().numpy().tolist() == counts.numpy().tolist()
        assert tags.row_lengths().numpy().tolist() == counts.numpy().tolist()
        assert len({np.digitize(count, [16, 64]) for count in counts}) == 1
        seen.extend(counts.numpy())
    assert sorted(seen) == sorted(lengths)
    assert batches.cardinality() == len(list(batches))


def test_sentences_with_bounds_and_without_remainder():
    dataset = sentences_of_lengths(skewed_lengths(300))
    for words, *_ in bucket_by_length(dataset, 64, [16, 64, 256], words_per_batch=512):
        assert len(words.bounding_shape()) == 2
        assert words.nrows() == 1 or np.prod(words.bounding_shape()) <= 512
    batches = bucket_by_length(dataset, 16, drop_remainder=True)
    assert {int(words.nrows()) for words, *_ in batches} == {16}
    assert batches.cardinality() == len(list(batches))


def test_texts_and_vectors_of_one_length_stay_dense():
    vectors = tf.data.Dataset.from_tensor_slices((["a", "b c"], [[1.0, 2.0], [3.0, 4.0]]))
    text_spec, vector_spec = bucket_by_length(vectors, 2).element_spec
    assert text_spec == tf.TensorSpec((None,), tf.string)
    assert vector_spec == tf.TensorSpec((None, 2), tf.float32)
    words = tf.data.Dataset.from_tensor_slices([["a", "b"], ["c", "d"]])
    ((batch),) = bucket_by_length(words, 2, [2]).as_numpy_iterator()
    assert batch.tolist() == [[b"a", b"b"], [b"c", b"d"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "batch_size: expected 1 or more, got 0"),
        ({"boundaries": [8, 4]}, r"boundaries: expected increasing .* got \[8, 4\]"),
        ({"boundaries": []}, "boundaries"),
        ({"boundaries": [0, 4]}, "boundaries"),
        ({"shuffle_buffer": -1}, "shuffle_buffer: expected 0 or more, got -1"),
        ({"words_per_batch": 0}, "words_per_batch: expected 1 or more, got 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        bucket_by_length(texts_of_lengths([1]), **{"batch_size": 2, **arguments})
