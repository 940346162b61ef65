"""Gated recurrent units."""

import keras
from keras import ops

from zoo.layers._recurrent_cudnn import CudnnLayer
from zoo.layers.gru_cell import GRUCell


@keras.saving.register_keras_serializable("zoo")
class GRU(CudnnLayer):
    """Gated recurrent units over a sequence.

    Each step is that of `GRUCell`, which has the equations.

    `from_keras` makes it from a `keras.layers.GRU`, and `to_keras` the other way round. Where
    TensorFlow has a GPU it runs on cuDNN, through Keras, but for `reset_after=False`, `unroll`,
    masks with gaps or without a first step and, in training, `recurrent_dropout`; set
    `layer.use_cudnn = False` before an export for machines without a GPU.

    Args:
        units: Size `H` of the state.
        reset_after: Whether the reset gate comes after the recurrent product, or before.
        activation: Function for tanh: a name that Keras has, or a callable. With other functions
            than the equations' the layer runs its cell step by step, which takes longer.
        recurrent_activation: Function for sigmoid.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.GRU`.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which the state is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.
        **kwargs: `return_sequences`, `return_state`, `go_backwards`, `stateful`, `unroll` and
            `zero_output_for_mask` of `keras.layers.RNN`, all false; `name`, `dtype`.

    Call arguments:
        sequences: Float tensor `(B, T, D)`.
        initial_state: List of one float tensor `(B, H)`; zeros by default.
        mask: Boolean tensor `(B, T)`. Where it is false the states stay, and the output is the
            last one, or zeros with `zero_output_for_mask`.
        training: Whether to apply dropout, with one mask per sequence.

    Returns:
        The last output `(B, H)`, or all `(B, T, H)` with `return_sequences`; `go_backwards` gives
        them in reverse. With `return_state`, a tuple of this and the last state.

    Raises:
        ValueError: For `units` below 1, a rate out of [0, 1), or tensors of other shapes.

    Example:
        >>> tuple(GRU(8, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape)
        (2, 5, 8)

    Reference: Chung et al. 2014, arXiv:1412.3555.
    """

    cell_class = GRUCell
    keras_class = keras.layers.GRU

    @property
    def has_cudnn_form(self):
        return self.reset_after and super().has_cudnn_form

    def twin_weights(self, tensors):
        recurrent, recurrent_bias = tensors["weights"]
        return [tensors["kernel"], recurrent, ops.stack([tensors["bias"], recurrent_bias])]

    @classmethod
    def from_config(cls, config):
        layer = super().from_config(config)
        layer.cell.note_form(config)
        return layer
