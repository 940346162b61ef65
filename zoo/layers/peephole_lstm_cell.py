"""Long short-term memory with peepholes."""

import keras
from keras import ops

from zoo.layers._peephole_lstm_passes import PeepholeLSTMPasses
from zoo.layers._recurrent_cell import LSTMLikeCell, dropped


@keras.saving.register_keras_serializable("zoo")
class PeepholeLSTMCell(LSTMLikeCell):
    """One step of a long short-term memory whose gates see the cell state.

        i  = sigmoid(x W_i + h U_i + p_i * c + b_i)
        f  = sigmoid(x W_f + h U_f + p_f * c + b_f)
        g  = tanh(x W_g + h U_g + b_g)
        c' = f * c + i * g
        o  = sigmoid(x W_o + h U_o + p_o * c' + b_o)
        h' = o * tanh(c')

    The peepholes `p` start from 0, and the cell from a plain LSTM. While training, dropout puts
    `m_x * x` for `x` and `m_h * h` for `h`; `keras.layers.RNN` draws the masks once per sequence,
    and also leaves out the steps that its own mask says to.

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
        >>> tuple(keras.layers.RNN(PeepholeLSTMCell(8))(ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference: Gers et al. 2002, "Learning Precise Timing with LSTM Recurrent Networks", section 2.
    Dropout: Gal and Ghahramani 2016, arXiv:1512.05287, section 4.
    """

    passes = PeepholeLSTMPasses

    def build(self, input_shape):
        super().build(input_shape)
        self.peepholes = self.add_weight((3, self.units), "zeros", name="peepholes")  # i, f, o

    @property
    def recurrent_weights(self):
        return [self.recurrent_kernel, self.peepholes]

    def step(self, projected, states, state_mask=None):
        h, c = states  # (B, H) each
        p_i, p_f, p_o = ops.split(self.peepholes, 3)  # (1, H) each
        gates = projected + ops.matmul(dropped(h, state_mask), self.recurrent_kernel)
        i, f, g, o = ops.split(gates, 4, -1)  # (B, H) each
        gate = self.recurrent_activation
        c = gate(f + p_f * c) * c + gate(i + p_i * c) * self.activation(g)
        h = gate(o + p_o * c) * self.activation(c)
        return [h, c]
