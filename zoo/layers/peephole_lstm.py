"""Long short-term memory with peepholes."""

import keras

from zoo.layers._recurrent_layer import OneCellLayer
from zoo.layers.peephole_lstm_cell import PeepholeLSTMCell


@keras.saving.register_keras_serializable("zoo")
class PeepholeLSTM(OneCellLayer):
    """A long short-term memory whose gates see the cell state, over a sequence.

    Each step is that of `PeepholeLSTMCell`, which has the equations.

    Args:
        units: Size `H` of each state.
        unit_forget_bias: Whether the forget gate's bias starts from 1, whatever
            `bias_initializer` gives the others.
        activation: Function for tanh: a name that Keras has, or a callable. With other functions
            than the equations' the layer runs its cell step by step, which takes longer.
        recurrent_activation: Function for sigmoid.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.LSTM`.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which `h` is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.
        **kwargs: `return_sequences`, `return_state`, `go_backwards`, `stateful`, `unroll` and
            `zero_output_for_mask` of `keras.layers.RNN`, all false; `name`, `dtype`.

    Call arguments:
        sequences: Float tensor `(B, T, D)`.
        initial_state: List of two float tensors `(B, H)`, `h` and `c`; zeros by default.
        mask: Boolean tensor `(B, T)`. Where it is false the states stay, and the output is the
            last one, or zeros with `zero_output_for_mask`.
        training: Whether to apply dropout, with one mask per sequence.

    Returns:
        The last output `(B, H)`, or all `(B, T, H)` with `return_sequences`; `go_backwards` gives
        them in reverse. With `return_state`, a tuple of this and the last `h` and `c`.

    Raises:
        ValueError: For `units` below 1, a rate out of [0, 1), or tensors of other shapes.

    Example:
        >>> tuple(PeepholeLSTM(8, return_sequences=True)(keras.ops.ones((2, 5, 3))).shape)
        (2, 5, 8)

    Reference: Gers et al. 2002, "Learning Precise Timing with LSTM Recurrent Networks".
    """

    cell_class = PeepholeLSTMCell
