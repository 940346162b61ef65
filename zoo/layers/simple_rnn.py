"""Simple recurrent network."""

import keras

from zoo.layers._keras_counterpart import KerasCounterpart
from zoo.layers._recurrent_layer import OneCellLayer
from zoo.layers.simple_rnn_cell import SimpleRNNCell


@keras.saving.register_keras_serializable("zoo")
class SimpleRNN(KerasCounterpart, OneCellLayer):
    """A simple, or Elman, recurrent network over a sequence.

    Each step is that of `SimpleRNNCell`, which has the equations.

    `from_keras` makes it from a `keras.layers.SimpleRNN`, and `to_keras` the other way round.

    Args:
        units: Size `H` of the state.
        activation: Function for tanh: a name that Keras has, or a callable. With other functions
            than the equations' the layer runs its cell step by step, which takes longer.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.SimpleRNN`.
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
        >>> tuple(SimpleRNN(8, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape)
        (2, 5, 8)

    Reference: Elman 1990, "Finding Structure in Time".
    """

    cell_class = SimpleRNNCell
    keras_class = keras.layers.SimpleRNN
