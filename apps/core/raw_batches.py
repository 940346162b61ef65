"""Batches of raw examples that come from other sources than lists: generators and the like."""

import itertools

import keras
import numpy as np
import tensorflow as tf


def is_source_of_batches(data):
    """Whether it is a `keras.utils.PyDataset`, a generator or another iterable, but no dataset."""
    if isinstance(data, keras.utils.PyDataset):
        return True
    if isinstance(data, (tf.data.Dataset, str, bytes, dict, list, tuple)):
        return False
    keras_takes_it = hasattr(data, "dtype") or type(data).__module__.startswith("grain")
    return hasattr(data, "__iter__") and not keras_takes_it


def dataset_of_batches(source, to_tensors, shuffle=False):
    """A `tf.data.Dataset` of the batches of a source, for as many epochs as it can be read.

    Args:
        source: A `keras.utils.PyDataset`, a generator, or an iterable such as a loader of PyTorch,
            of batches `(x, y)` or `(x, y, sample_weight)`.
        to_tensors: A function from the parts of a batch to a tuple of tensors.
        shuffle: Whether the batches of a `PyDataset` come in another order in each epoch.

    Raises:
        ValueError: If the source has no batch.
    """
    count, read = None, lambda: iter(source)
    if isinstance(source, keras.utils.PyDataset):
        count = source.num_batches

        def read():
            places = np.random.permutation(count) if shuffle and count else range(count or 0)
            for place in itertools.count() if count is None else places:
                yield source[int(place)]
            source.on_epoch_end()

    elif iter(source) is source:  # a generator: what is looked at has to come again
        first = next(source, None)
        whole = _Once([] if first is None else [first], source)
        read, source = whole.read, [] if first is None else [first]
    looked_at = source[0] if count else next(iter(source), None) if count is None else None
    if looked_at is None:
        raise ValueError("`x` must have at least one batch, got none.")

    def tensors():
        for batch in read():
            yield to_tensors(*_parts(batch))

    signature = keras.tree.map_structure(_any_size, to_tensors(*_parts(looked_at)))
    dataset = tf.data.Dataset.from_generator(tensors, output_signature=signature)
    if count is not None:
        dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    return dataset


class _Once:
    """The batches of a generator, which can be read to their end but once."""

    def __init__(self, *parts):
        self.batches = itertools.chain(*parts)
        self.count = 0
        self.ended = False

    def read(self):
        if self.ended:
            raise ValueError(
                f"The generator has no batch left after {self.count}, which one epoch has read. "
                "Give `steps_per_epoch` (of `validation_data` `validation_steps`), or what can be "
                "read again, such as a `tf.data.Dataset` or a `keras.utils.PyDataset`."
            )
        for batch in self.batches:
            self.count += 1
            yield batch
        self.ended = True


def _parts(batch):
    """The parts of a batch: loaders of PyTorch give lists."""
    if not isinstance(batch, (tuple, list)) or not 2 <= len(batch) <= 3:
        raise ValueError(
            "Each batch of `x` must be a tuple (x, y) or (x, y, sample_weight), got "
            f"{type(batch).__name__}."
        )
    return batch


def _any_size(tensor):
    if isinstance(tensor, tf.RaggedTensor):
        return tf.RaggedTensorSpec([None] * tensor.shape.rank, tensor.dtype, tensor.ragged_rank)
    return tf.TensorSpec([None] * len(tensor.shape), tensor.dtype)
