"""A dataset again and again."""

import tensorflow as tf


def endless(dataset, buffer_size, seed):
    """Repeats a dataset without end, shuffled anew each time, in an order that `seed` alone makes.

    Every iterator begins with the same order. An iterator of a seeded `shuffle` and `repeat` goes
    on with the orders from where the one before had read ahead to, which is a matter of time; Keras
    makes one to look at the shapes and another to train, so that runs differ.

    Args:
        dataset: A `tf.data.Dataset`.
        buffer_size: Number of elements that are shuffled at a time.
        seed: Integer.

    Returns:
        A `tf.data.Dataset`.

    Example:
        >>> numbers = endless(tf.data.Dataset.range(3), 3, seed=1)
        >>> sorted(int(number) for number in numbers.take(3))
        [0, 1, 2]
        >>> first, again = ([int(each) for each in numbers.take(9)] for _ in range(2))
        >>> first == again
        True
    """

    def shuffled(times):
        # TensorFlow does not take a tensor for a seed beside a 0.
        tf.random.set_seed(2 * seed + 1)
        return dataset.shuffle(buffer_size, times, reshuffle_each_iteration=False)

    return tf.data.Dataset.counter().flat_map(shuffled)
