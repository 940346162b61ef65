"""What a process does of a training that it shares with others."""

import contextlib
import dataclasses

import jax
import keras
import numpy as np
import tensorflow as tf
from jax.experimental import multihost_utils

from apps.training.stages import Run


def own_rows(x, y=None, sample_weight=None, *, processes, process_id, devices=None):
    """The rows of a batch that are one process' own.

    All processes together have the rows of the batch, and at its end rows that do not count, so
    that each has as many: copies of the first one, with the weight 0. The weights of the others
    make a mean over all rows that of those that count; labels of words need no weights, but -1.

    Args:
        x: Dictionary of tensors `(B, ...)`.
        y: Labels, `(B,)` or `(B, T)`, or `None` where there are none.
        sample_weight: Weights of the labels `(B, T)`, or `None`.
        processes: Number of processes.
        process_id: The id of one, from 0.
        devices: Number of devices of all processes, each of which gets as many rows; by default
            that of the processes.

    Returns:
        The same, of `ceil(B / devices) * devices / processes` rows, as `keras.Model.fit` takes it.

    Example:
        >>> x, y, weights = own_rows({"a": tf.range(3)}, [1, 0, 1], processes=2, process_id=1)
        >>> x["a"].numpy().tolist(), y.numpy().tolist(), [round(float(w), 2) for w in weights]
        ([2, 0], [1, 1], [1.33, 0.0])
    """
    x = keras.tree.map_structure(tf.convert_to_tensor, x)
    count = tf.shape(keras.tree.flatten(x)[0])[0]
    missing = -count % (devices or processes)
    rows = (count + missing) // processes

    def own(tensor, filling=None):
        last = tensor[:1] if filling is None else tf.fill(tf.shape(tensor[:1]), filling)
        filled = tf.concat([tensor, tf.repeat(last, missing, axis=0)], axis=0)
        return filled[rows * process_id : rows * (process_id + 1)]

    x = keras.tree.map_structure(own, x)
    if y is None:
        return x
    y = tf.convert_to_tensor(y)
    if sample_weight is None and y.shape.rank > 1:
        return x, own(y, tf.constant(-1, y.dtype))
    if sample_weight is None:
        sample_weight = tf.fill([count], tf.cast((count + missing) / count, tf.float32))
    return x, own(y), own(tf.convert_to_tensor(sample_weight), 0.0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharedRun(Run):
    """A `Run` of one of several processes.

    Attributes:
        distribution: The `keras.distribution.DataParallel` over the devices of all processes.
        twin: An app like the one that is trained, outside the distribution: what reads texts, such
            as the figures of held-out examples, does so with it.
    """

    distribution: keras.distribution.DataParallel
    twin: object

    @property
    def devices(self):
        """Number of devices of all processes."""
        return self.distribution.device_mesh.devices.size

    def fit(self, model, data, **kwargs):
        if hasattr(model, "preprocess_samples"):
            data = data.map(model.preprocess_samples, num_parallel_calls=tf.data.AUTOTUNE)
        processes, process_id = jax.process_count(), jax.process_index()
        devices = self.devices

        def own(*batch):
            return own_rows(*batch, processes=processes, process_id=process_id, devices=devices)

        data = data.map(own).prefetch(tf.data.AUTOTUNE)
        keras.Model.fit(model, data, **{"shuffle": False, **kwargs})

    def monitoring(self, task, held_out, batch_size):
        callbacks, data = super().monitoring(self.twin, held_out, batch_size)
        return [_OnTwin(self.twin, callbacks, data)], None


class _OnTwin(keras.callbacks.Callback):
    """Figures of held-out examples by a twin of the model, the same in all processes.

    Every process reads all of them: none waits then. Those of process 0 count.
    """

    def __init__(self, twin, callbacks, data):
        super().__init__()
        self.twin, self.callbacks, self.data = twin, callbacks, data
        twin.compile()
        for callback in callbacks:
            callback.set_model(twin)

    def on_train_begin(self, logs=None):
        for callback in self.callbacks:
            callback.on_train_begin(logs)

    def on_epoch_end(self, epoch, logs=None):
        self.twin.set_weights(self.model.get_weights())
        with distributed(None):
            figures = self.twin.evaluate(self.data, return_dict=True, verbose=0)
            logs.update({f"val_{name}": value for name, value in figures.items()})
            for callback in self.callbacks:
                callback.on_epoch_end(epoch, logs)
        names = sorted(name for name in logs if name.startswith("val_"))
        agreed = of_first(np.array([logs[name] for name in names], "float32"))
        logs.update(zip(names, agreed.tolist()))

    def on_train_end(self, logs=None):
        for callback in self.callbacks:
            callback.on_train_end(logs)


@contextlib.contextmanager
def distributed(distribution):
    """Makes a distribution Keras' own for a while; `None` for none."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(distribution)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


def of_first(array):
    """The array that process 0 has called this with; those of the others have the same shape."""
    return np.asarray(multihost_utils.broadcast_one_to_all(array))
