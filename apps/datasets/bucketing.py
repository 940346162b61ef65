"""Batches of texts, or of sentences of words, of like length."""

import numpy as np
import tensorflow as tf

_BOUNDARIES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


def bucket_by_length(
    dataset,
    batch_size,
    boundaries=_BOUNDARIES,
    *,
    length_fn=None,
    words_per_batch=None,
    shuffle_buffer=0,
    seed=None,
    drop_remainder=False,
):
    """Batches a dataset of texts by length, so that padding the batches later adds little.

    Every element comes once an epoch; each bucket ends with a batch that may be small. Where the
    size of the dataset is known, it is read once to count the batches: Keras then shows how far an
    epoch is, and does not warn at its end.

    Args:
        dataset: An unbatched `tf.data.Dataset` of a text, or of tuples that begin with it. A text
            is a string scalar, or a vector of its words; of a dictionary that of its values counts
            which has most axes, such as a vector of sentences.
        batch_size: Number of elements of a batch, or at most so many with `words_per_batch`.
        boundaries: Increasing lengths at which a new bucket begins: [8, 16] makes the buckets of
            0-7, 8-15 and 16 or more words.
        length_fn: Function from the first component to an integer scalar tensor. Defaults to the
            number of words: of a string those between white space; or to that of sentences.
        words_per_batch: If given, the batches of a bucket have as many elements as have this
            number of words with the bucket's longest texts, but at least one. For the last bucket,
            which has no longest text, twice its boundary is taken.
        shuffle_buffer: Size of the buffer in which elements are shuffled, anew each epoch; 0 keeps
            their order within a bucket.
        seed: Integer that makes the shuffling the same in every run.
        drop_remainder: Whether to leave out each bucket's last batch if it is not full.

    Returns:
        A `tf.data.Dataset` of batches: dense tensors of components that have one shape in all
        elements, `tf.RaggedTensor`s `(B, None)` of vectors whose length varies.

    Raises:
        ValueError: An argument is out of its range.

    Example:
        >>> texts = tf.data.Dataset.from_tensor_slices(["a b", "c", "a b c d e", "d"])
        >>> [len(batch) for batch in bucket_by_length(texts, 2, [3])]
        [2, 1, 1]
        >>> sentences = tf.data.Dataset.from_generator(
        ...     lambda: [["a", "b"], ["c"]], output_signature=tf.TensorSpec((None,), tf.string)
        ... )
        >>> next(iter(bucket_by_length(sentences, 2))).to_list()
        [[b'a', b'b'], [b'c']]
    """
    boundaries = list(boundaries)
    _check(batch_size=batch_size, shuffle_buffer=shuffle_buffer, words_per_batch=words_per_batch)
    if not boundaries or boundaries != sorted(set(boundaries)) or boundaries[0] < 1:
        raise ValueError(f"boundaries: expected increasing lengths of 1 or more, got {boundaries}")
    sizes = [batch_size] * (len(boundaries) + 1)
    if words_per_batch:
        longest = [boundary - 1 or 1 for boundary in boundaries] + [2 * boundaries[-1]]
        sizes = [max(1, min(batch_size, words_per_batch // words)) for words in longest]
    window_sizes = tf.constant(sizes, tf.int64)
    if shuffle_buffer:
        dataset = dataset.shuffle(shuffle_buffer, seed=seed)
    length_fn = length_fn or _count_words

    def element_length(text, *rest):
        return length_fn(text)

    batches = dataset.group_by_window(
        key_func=lambda *element: _bucket(element_length(*element), boundaries),
        reduce_func=lambda bucket, window: window.ragged_batch(
            tf.gather(window_sizes, bucket), drop_remainder
        ),
        window_size_func=lambda bucket: tf.gather(window_sizes, bucket),
    )
    if dataset.cardinality() >= 0:
        lengths = dataset.map(element_length, num_parallel_calls=tf.data.AUTOTUNE)
        count = _count_batches(lengths, boundaries, sizes, drop_remainder)
        batches = batches.apply(tf.data.experimental.assert_cardinality(count))
    return batches.prefetch(tf.data.AUTOTUNE)


def _count_batches(lengths, boundaries, sizes, drop_remainder):
    lengths = np.concatenate([[], *lengths.batch(4096).as_numpy_iterator()])
    filled = np.bincount(np.searchsorted(boundaries, lengths, side="right"), minlength=len(sizes))
    sizes = np.array(sizes)
    return int(np.sum(filled // sizes if drop_remainder else -(-filled // sizes)))


def _bucket(length, boundaries):
    return tf.math.count_nonzero(tf.cast(length, tf.int64) >= tf.constant(boundaries, tf.int64))


def _count_words(text):
    if isinstance(text, dict):
        text = max(text.values(), key=lambda value: value.shape.rank)
    return tf.size(text if text.shape.rank else tf.strings.split(text))


def _check(batch_size, shuffle_buffer, words_per_batch):
    if batch_size < 1:
        raise ValueError(f"batch_size: expected 1 or more, got {batch_size}")
    if shuffle_buffer < 0:
        raise ValueError(f"shuffle_buffer: expected 0 or more, got {shuffle_buffer}")
    if words_per_batch is not None and words_per_batch < 1:
        raise ValueError(f"words_per_batch: expected 1 or more, got {words_per_batch}")
