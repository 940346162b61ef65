"""Handing recurrent layers over to cuDNN."""

import keras
from keras import ops

from zoo.layers._checks import check_choice
from zoo.layers._keras_counterpart import KerasCounterpart
from zoo.layers._recurrent_layer import OneCellLayer, time_major

DTYPES = ("float16", "float32", "float64")  # of cuDNN's kernels


class CudnnLayer(KerasCounterpart, OneCellLayer):
    """A layer whose maths cuDNN has, and that is handed over to it where there is a GPU.

    Keras' own layer calls cuDNN; it is given this layer's weights. cuDNN takes neither dropout of
    the state nor, on TensorFlow, XLA; and masks only if they begin with a true step, and have no
    gaps: with others the layer runs its own loop. On JAX it always does.
    """

    def __init__(self, units, *args, use_cudnn="auto", **kwargs):
        check_choice("use_cudnn", use_cudnn, ("auto", True, False))
        super().__init__(units, *args, **kwargs)
        self.use_cudnn = use_cudnn  # as with Keras' layers, it is not saved
        if gpu_is_there() and self.has_cudnn_form:
            self.supports_jit = False

    @property
    def has_cudnn_form(self):
        return bool(self.use_bias and self.cell.passes_in_use)

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape, initial_state_shape)
        if gpu_is_there() and self.has_cudnn_form:
            self._twin = KerasTwin(self, sequences_shape[-1])

    def runs_on_cudnn(self, training):
        return (
            bool(self.use_cudnn)
            and gpu_is_there()
            and self.has_cudnn_form
            and not self.unroll
            and not (training and self.recurrent_dropout)
            and self.compute_dtype in DTYPES
        )

    def run(self, direction, tensors, training):
        loop = super().run
        if not self.runs_on_cudnn(training):
            return loop(direction, tensors, training)
        if "mask" not in tensors:
            return self._run_twin(tensors)
        return ops.cond(
            is_right_padded(tensors["mask"]),
            lambda: self._run_twin(tensors),
            lambda: loop(direction, tensors, training),
        )

    def _run_twin(self, tensors):
        outputs, states = self._twin(self.twin_weights(tensors), tensors)
        if outputs is not None and "mask" in tensors and not self.go_backwards:
            outputs = ops.where(tensors["mask"] > 0, outputs, states[0])  # cuDNN gives zeros
        return outputs, states

    def twin_weights(self, tensors):
        """The weights of Keras' layer, from the tensors of `begin`."""
        return [tensors["kernel"], *tensors["weights"], tensors["bias"]]


class KerasTwin:
    """Keras' layer for a recurrent layer; it computes with weights that it is given.

    It is no layer itself, so that its weights do not count as those of the layer that has it.
    """

    def __init__(self, layer, width):
        self.layer = layer.keras_class(
            layer.units,
            kernel_initializer="zeros",
            recurrent_initializer="zeros",
            return_sequences=layer.return_sequences,
            return_state=True,
            go_backwards=layer.go_backwards,
            zero_output_for_mask=True,  # as cuDNN, should Keras not take it after all
            dtype=layer.dtype_policy,
        )
        self.layer.build((None, None, width))

    def __call__(self, weights, tensors):
        """The outputs `(T, B, H)`, or `None`, and the list of the last states."""
        mask = tensors.get("mask")
        (outputs, *states), _ = self.layer.stateless_call(
            weights,
            [variable.value for variable in self.layer.non_trainable_variables],
            time_major(tensors["inputs"]),
            initial_state=tensors["states"],
            mask=None if mask is None else time_major(mask)[..., 0] > 0,
        )
        return time_major(outputs) if self.layer.return_sequences else None, states


def gpu_is_there():
    """Whether TensorFlow has a GPU."""
    tensorflow = keras.backend.backend() == "tensorflow"
    return tensorflow and bool(keras.distribution.list_devices("gpu"))


def is_right_padded(mask):
    """Whether each sequence of a mask `(T, B, 1)` begins with a true step, and has no gaps."""
    return ops.logical_and(ops.all(mask[0] > 0), ops.all(mask[1:] <= mask[:-1]))
