"""What the recurrent cells share."""

import keras
from keras import ops

# `keras.layers.RNN` draws one mask per sequence only for cells of this class, which is not public.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

from zoo.layers._checks import check_rate, check_units


class RecurrentCell(DropoutRNNCell, keras.layers.Layer):
    """A cell whose step is a projection of the input, then a function of it and the states.

        p      = (m_x * x) W + b
        states = step(p, states, m_h)

    The projection does not look at the states, so that a layer can make it for all steps at once.
    The masks `m_x` and `m_h` are those of dropout: one per sequence, the same at each step and for
    each gate. A loop over a bare cell while training must call `reset_dropout_mask` and
    `reset_recurrent_dropout_mask` before each sequence, as `keras.layers.RNN` does.

    A subclass sets `gates`, and `state_size` if it has more than one state, and defines `step`,
    and for a sequence layer also `passes`: the same step with its gradient, for speed.
    """

    gates = 1
    passes = None  # class of the step's forward and backward pass in closed form: `CellPasses`

    def __init__(self, units, *, dropout=0.0, recurrent_dropout=0.0, seed=None, **kwargs):
        check_units(units)
        check_rate("dropout", dropout)
        check_rate("recurrent_dropout", recurrent_dropout)
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        width = self.gates * self.units
        self.kernel = self.add_weight((input_shape[-1], width), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self.units, width), "orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight((width,), self.initial_bias, name="bias")

    def initial_bias(self, shape, dtype=None):
        return ops.zeros(shape, dtype)

    def dropout_masks(self, inputs, state, training):
        """The masks `(B, D)` of the inputs and `(B, H)` of the state, `None` for no dropout."""
        if not training:
            return None, None
        return self.get_dropout_mask(inputs), self.get_recurrent_dropout_mask(state)

    def project(self, inputs, input_mask=None):
        """Projects inputs `(B, D)` of a step, or `(B, T, D)` of all, to `(..., gates * H)`."""
        return ops.matmul(self.dropped_inputs(inputs, input_mask), self.kernel) + self.bias

    def dropped_inputs(self, inputs, input_mask=None):
        if input_mask is None:
            return inputs
        return inputs * (input_mask if len(inputs.shape) == 2 else input_mask[:, None])

    @property
    def recurrent_weights(self):
        """The weights of `step`."""
        return [self.recurrent_kernel]

    def step(self, projected, states, state_mask=None):
        """The new states, of which the first is the output, from a step's projection."""
        raise NotImplementedError

    def call(self, inputs, states, training=False):
        input_mask, state_mask = self.dropout_masks(inputs, states[0], training)
        states = self.step(self.project(inputs, input_mask), states, state_mask)
        return states[0], states

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }


def dropped(state, state_mask):
    return state if state_mask is None else state * state_mask


def forget_bias_of_one(shape, dtype=None):
    """Ones for the forget gate, the second of four, and zeros for the others."""
    units = shape[0] // 4
    return ops.concatenate(
        [ops.zeros(units, dtype), ops.ones(units, dtype), ops.zeros(2 * units, dtype)]
    )
