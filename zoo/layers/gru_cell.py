"""Gated recurrent unit."""

import keras
import numpy as np
from keras import ops

from zoo.layers._checks import check_boolean
from zoo.layers._gru_passes import GRUPasses, GRUResetBeforePasses
from zoo.layers._recurrent_cell import GatedCell, dropped


@keras.saving.register_keras_serializable("zoo")
class GRUCell(GatedCell):
    """One step of a gated recurrent unit.

        z  = sigmoid(x W_z + h U_z + b_z + d_z)
        r  = sigmoid(x W_r + h U_r + b_r + d_r)
        c  = tanh(x W_c + r * (h U_c + d_c) + b_c)
        h' = z * h + (1 - z) * c

    This is the form of cuDNN and Keras, with a second bias `d`. With `reset_after=False` it is the
    paper's but for the name of `z`, which is `1 - z` there: `d = 0` and

        c  = tanh(x W_c + (r * h) U_c + b_c)

    Weights and their files are as Keras' `GRUCell` has them: `b` and `d` are the rows of one bias
    `(2, 3 H)`, or `b` alone `(3 H,)` with `reset_after=False`. While training, dropout puts
    `m_x * x` for `x`, and `m_h * h` for `h` but in the last equation; `keras.layers.RNN` draws the
    masks once per sequence, and also leaves out the steps that its own mask says to.

    Args:
        units: Size `H` of the state.
        activation: Function for tanh: a name that Keras has, or a callable.
        recurrent_activation: Function for sigmoid.
        use_bias, kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint: As in `keras.layers.GRUCell`.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which the state is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.
        reset_after: Whether the reset gate comes after the recurrent product, or before.

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

    def __init__(self, units, *args, reset_after=True, **kwargs):
        super().__init__(units, *args, **kwargs)
        check_boolean(reset_after=reset_after)
        self.reset_after = reset_after
        self._of_old_form = False

    @property
    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    @property
    def input_bias(self):
        return self.bias[0] if self.use_bias and self.reset_after else super().input_bias

    @property
    def recurrent_bias(self):
        """The bias `d`, `(3 H,)`."""
        return self.bias[1] if self.use_bias else ops.zeros(3 * self.units, self.compute_dtype)

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
        return [z * h + (1 - z) * c]

    def _reset_after(self, projected, h):
        recurrent = ops.matmul(h, self.recurrent_kernel) + self.recurrent_bias  # (B, 3 H)
        x_z, x_r, x_c = ops.split(projected, 3, -1)  # (B, H) each
        u_z, u_r, u_c = ops.split(recurrent, 3, -1)
        z = self.recurrent_activation(x_z + u_z)
        r = self.recurrent_activation(x_r + u_r)
        return z, self.activation(x_c + r * u_c)

    def _reset_before(self, projected, h):
        x_z, x_r, x_c = ops.split(projected, 3, -1)  # (B, H) each
        u_z, u_r, u_c = ops.split(self.recurrent_kernel, 3, -1)  # (H, H) each
        z = self.recurrent_activation(x_z + ops.matmul(h, u_z))
        r = self.recurrent_activation(x_r + ops.matmul(h, u_r))
        return z, self.activation(x_c + ops.matmul(r * h, u_c))

    def load_own_variables(self, store):
        """Reads weights; also those of the form that they had before they were as Keras has them.

        There `z` was `1 - z`, so that its parts of the weights change their sign, and `b` and `d`
        were two arrays.
        """
        old_form = len(store) == 4 if self.reset_after else self._of_old_form
        if old_form:
            kernel, recurrent, *biases = (turned(store[str(i)]) for i in range(len(store)))
            bias = np.stack(biases) if self.reset_after else biases[0]
            store = {"0": kernel, "1": recurrent, "2": bias}
        super().load_own_variables(store)
        self._of_old_form = False  # what is saved from now on is of the new form

    def get_config(self):
        config = {**super().get_config(), "reset_after": self.reset_after}
        if self._of_old_form:  # a copy, such as a wrapper makes, reads the same file
            del config["activation"]
        return config

    @classmethod
    def from_config(cls, config):
        cell = super().from_config(config)
        cell.note_form(config)
        return cell

    def note_form(self, config):
        """Notes which form the weights have that belong to a configuration.

        Those of `reset_after=False` have the same shapes in both; before, configurations had no
        activations.
        """
        self._of_old_form = not self.reset_after and "activation" not in config


def turned(weight):
    """The weight of `z` from that of `1 - z`: sigmoid(-a) is 1 - sigmoid(a)."""
    z, r, c = np.split(np.asarray(weight), 3, -1)
    return np.concatenate([-z, r, c], -1)
