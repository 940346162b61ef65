"""Long short-term memory."""

import keras
from keras import ops

from zoo.layers._lstm_passes import LSTMPasses
from zoo.layers._recurrent_cell import LSTMLikeCell, dropped


@keras.saving.register_keras_serializable("zoo")
class LSTMCell(LSTMLikeCell):
    """One step of a long short-term memory with a forget gate.

        i  = sigmoid(x W_i + h U_i + b_i)
        f  = sigmoid(x W_f + h U_f + b_f)
        g  = tanh(x W_g + h U_g + b_g)
        o  = sigmoid(x W_o + h U_o + b_o)
        c' = f * c + i * g
        h' = o * tanh(c')

    While training, dropout puts `m_x * x` for `x` and `m_h * h` for `h`; `keras.layers.RNN` draws
    the masks once per sequence, and also leaves out the steps that its own mask says to.

    Args:
        units: Size `H` of each state.
        activation: Function for tanh: a name that Keras has, or a callable.
        recurrent_activation: Function for sigmoid.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.LSTMCell`.
        unit_forget_bias: Whether `b_f` starts from 1, whatever `bias_initializer` gives the others.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which `h` is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.

    Call arguments:
        inputs: Float tensor `(B, D)`.
        states: List of two float tensors `(B, H)`, `h` and `c`.
        training: Whether to apply dropout.

    Returns:
        The new `h` `(B, H)`, and the list of the new `h` and `c`.

    Raises:
        ValueError: For `units` below 1, or a rate out of [0, 1).

    Example:
        >>> tuple(keras.layers.RNN(LSTMCell(8))(ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference: Hochreiter and Schmidhuber 1997, "Long Short-Term Memory"; the forget gate is of
    Gers et al. 2000, "Learning to Forget", and its bias of Jozefowicz et al. 2015, "An Empirical
    Exploration of Recurrent Network Architectures". Dropout: Gal and Ghahramani 2016,
    arXiv:1512.05287, section 4.
    """

    passes = LSTMPasses

    def step(self, projected, states, state_mask=None):
        h, c = states  # (B, H) each
        gates = projected + ops.matmul(dropped(h, state_mask), self.recurrent_kernel)
        i, f, g, o = ops.split(gates, 4, -1)  # (B, H) each
        gate = self.recurrent_activation
        c = gate(f) * c + gate(i) * self.activation(g)
        h = gate(o) * self.activation(c)
        return [h, c]
