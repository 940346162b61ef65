"""Batches of one shape, which a TPU needs."""

import contextlib

import tensorflow as tf


def needs_fixed_shapes(strategy):
    """Whether a `tf.distribute.Strategy`, or `None`, runs on a TPU."""
    return isinstance(strategy, tf.distribute.TPUStrategy)


@contextlib.contextmanager
def fixed_shapes(task):
    """Gives the batches of an app one shape for a while, and so a single compiled program.

    Texts are padded to the preprocessor's `sequence_length`; recurrent layers run their own loop,
    never cuDNN.

    Args:
        task: An app whose preprocessor has `pad_to_length`.

    Raises:
        ValueError: If it has not.
    """
    preprocessor = task.preprocessor
    if not hasattr(preprocessor, "pad_to_length"):
        raise ValueError(
            f"`strategy` must not be a TPU for a {type(task).__name__}, whose batches have no "
            "fixed length: take another, such as 'mirrored' or 'cpu'."
        )
    recurrent = [layer for layer in task._flatten_layers() if hasattr(layer, "use_cudnn")]
    before = preprocessor.pad_to_length, [layer.use_cudnn for layer in recurrent]
    preprocessor.pad_to_length = True
    for layer in recurrent:
        layer.use_cudnn = False
    try:
        yield
    finally:
        preprocessor.pad_to_length = before[0]
        for layer, value in zip(recurrent, before[1]):
            layer.use_cudnn = value
