"""Symbolic outputs of layers under mixed precision."""

import functools

import keras
from keras import tree
from keras.src.backend import AutocastScope  # no public way to cast weights as a call does


def infers_as_called(cls):
    """Decorator of a layer's class: `compute_output_spec` is under the layer's dtype policy.

    A call casts inputs and weights to the policy's compute dtype before `call`. Keras infers
    outputs from `call` alone, in the dtype that the inputs came in, and fails where the two meet.
    """
    if not is_inferred(cls):
        return cls
    infer = cls.compute_output_spec

    @functools.wraps(infer)
    def compute_output_spec(self, *args, **kwargs):
        args, kwargs = tree.map_structure(
            lambda each: cast(each, self.compute_dtype), (args, kwargs)
        )
        with AutocastScope(self.compute_dtype):
            return infer(self, *args, **kwargs)

    cls.compute_output_spec = compute_output_spec
    return cls


def is_inferred(cls):
    """Whether Keras infers a layer's outputs from its `call`."""
    base = keras.layers.Layer
    return (
        cls.compute_output_shape is base.compute_output_shape
        and cls.compute_output_spec is base.compute_output_spec
    )


def cast(value, dtype):
    """A symbolic tensor of numbers with a fraction, in another dtype; anything else as it is."""
    if isinstance(value, keras.KerasTensor) and keras.backend.is_float_dtype(value.dtype):
        return keras.KerasTensor(value.shape, dtype, name=value.name)
    return value
