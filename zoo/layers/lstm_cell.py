"""Long short-term memory."""

import keras
from keras import ops

from zoo.layers._lstm_passes import LSTMPasses
from zoo.layers._recurrent_cell import RecurrentCell, dropped, forget_bias_of_one


@keras.saving.register_keras_serializable("zoo")
class LSTMCell(RecurrentCell):
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
        unit_forget_bias: Whether `b_f` starts from 1, rather than 0.
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

    gates = 4  # i, f, g, o
    passes = LSTMPasses

    def __init__(self, units, *, unit_forget_bias=True, **kwargs):
        super().__init__(units, **kwargs)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def initial_bias(self, shape, dtype=None):
        return (forget_bias_of_one if self.unit_forget_bias else ops.zeros)(shape, dtype)

    def step(self, projected, states, state_mask=None):
        h, c = states  # (B, H) each
        gates = projected + ops.matmul(dropped(h, state_mask), self.recurrent_kernel)
        i, f, g, o = ops.split(gates, 4, -1)  # (B, H) each
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return [h, c]

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}
