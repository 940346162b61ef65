"""Simple recurrent cell."""

import keras
from keras import ops

from zoo.layers._recurrent_cell import RecurrentCell, dropped
from zoo.layers._simple_rnn_passes import SimpleRNNPasses


@keras.saving.register_keras_serializable("zoo")
class SimpleRNNCell(RecurrentCell):
    """One step of a simple, or Elman, recurrent network.

        h' = tanh(x W + h U + b)

    While training, dropout puts `m_x * x` for `x` and `m_h * h` for `h`; `keras.layers.RNN` draws
    the masks once per sequence, and also leaves out the steps that its own mask says to.

    Args:
        units: Size `H` of the state.
        activation: Function for tanh: a name that Keras has, or a callable.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.SimpleRNNCell`.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which the state is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.

    Call arguments:
        inputs: Float tensor `(B, D)`.
        states: List of one float tensor `(B, H)`.
        training: Whether to apply dropout.

    Returns:
        The new state `(B, H)`, and a list of it alone.

    Raises:
        ValueError: For `units` below 1, or a rate out of [0, 1).

    Example:
        >>> tuple(keras.layers.RNN(SimpleRNNCell(8))(ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference: Elman 1990, "Finding Structure in Time". Dropout: Gal and Ghahramani 2016,
    arXiv:1512.05287, section 4.
    """

    passes = SimpleRNNPasses

    def step(self, projected, states, state_mask=None):
        (h,) = states  # (B, H)
        recurrent = ops.matmul(dropped(h, state_mask), self.recurrent_kernel)
        return [self.activation(projected + recurrent)]
