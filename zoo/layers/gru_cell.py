"""Gated recurrent unit."""

import keras
from keras import ops

from zoo.layers._gru_passes import GRUPasses, GRUResetBeforePasses
from zoo.layers._recurrent_cell import RecurrentCell, dropped


@keras.saving.register_keras_serializable("zoo")
class GRUCell(RecurrentCell):
    """One step of a gated recurrent unit.

        z  = sigmoid(x W_z + h U_z + b_z + d_z)
        r  = sigmoid(x W_r + h U_r + b_r + d_r)
        c  = tanh(x W_c + r * (h U_c + d_c) + b_c)
        h' = (1 - z) * h + z * c

    This is cuDNN's form, with a second bias `d`. With `reset_after=False` it is the paper's, in
    which `d = 0` and

        c  = tanh(x W_c + (r * h) U_c + b_c)

    Keras' `z` is `1 - z` here. While training, dropout puts `m_x * x` for `x`, and `m_h * h` for
    `h` but in the last equation; `keras.layers.RNN` draws the masks once per sequence, and also
    leaves out the steps that its own mask says to.

    Args:
        units: Size `H` of the state.
        reset_after: Whether the reset gate comes after the recurrent product, or before.
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
        >>> tuple(keras.layers.RNN(GRUCell(8))(ops.ones((2, 5, 3))).shape)
        (2, 8)

    Reference: Chung et al. 2014, arXiv:1412.3555, equations 5 to 8. Dropout: Gal and Ghahramani
    2016, arXiv:1512.05287, section 4.
    """

    gates = 3  # z, r, c

    def __init__(self, units, *, reset_after=True, **kwargs):
        super().__init__(units, **kwargs)
        self.reset_after = reset_after

    def build(self, input_shape):
        super().build(input_shape)
        if self.reset_after:
            self.recurrent_bias = self.add_weight((3 * self.units,), "zeros", name="recurrent_bias")

    @property
    def passes(self):
        return GRUPasses if self.reset_after else GRUResetBeforePasses

    @property
    def recurrent_weights(self):
        weights = [self.recurrent_kernel]
        return [*weights, self.recurrent_bias] if self.reset_after else weights

    def step(self, projected, states, state_mask=None):
        (h,) = states  # (B, H)
        c_from = self._reset_after if self.reset_after else self._reset_before
        z, c = c_from(projected, dropped(h, state_mask))
        return [(1 - z) * h + z * c]

    def _reset_after(self, projected, h):
        recurrent = ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias  # (B, 3 H)
        x_z, x_r, x_c = ops.split(projected, 3, -1)  # (B, H) each
        u_z, u_r, u_c = ops.split(recurrent, 3, -1)
        z = ops.sigmoid(x_z + u_z)
        r = ops.sigmoid(x_r + u_r)
        return z, ops.tanh(x_c + r * u_c)

    def _reset_before(self, projected, h):
        x_z, x_r, x_c = ops.split(projected, 3, -1)  # (B, H) each
        u_z, u_r, u_c = ops.split(self.recurrent_kernel, 3, -1)  # (H, H) each
        z = ops.sigmoid(x_z + ops.matmul(h, u_z))
        r = ops.sigmoid(x_r + ops.matmul(h, u_r))
        return z, ops.tanh(x_c + ops.matmul(r * h, u_c))

    def get_config(self):
        return {**super().get_config(), "reset_after": self.reset_after}
