"""What the recurrent layers share."""

import keras

from zoo.layers._checks import check_shape


class RecurrentLayer(keras.layers.RNN):
    """A `keras.layers.RNN` over one of this package's cells, for all steps' inputs at once.

    The projection of the inputs is one product for the whole sequence; the loop over time has the
    rest of the cell's step. The layer's config is that of its cell and of the loop, in one.
    """

    def __init__(self, cell, **kwargs):
        super().__init__(cell, **kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    @property
    def units(self):
        return self.cell.units

    @property
    def dropout(self):
        return self.cell.dropout

    @property
    def recurrent_dropout(self):
        return self.cell.recurrent_dropout

    @property
    def seed(self):
        return self.cell.seed

    def call(self, sequences, initial_state=None, mask=None, training=False):
        try:
            return super().call(sequences, initial_state, mask, training)
        finally:  # a call that failed must not leave its masks to the next one
            self.cell.reset_dropout_mask()
            self.cell.reset_recurrent_dropout_mask()

    def inner_loop(self, sequences, initial_state, mask, training=False):
        self._check_call(sequences, initial_state, mask)
        masks = self.cell.dropout_masks(sequences[:, 0], initial_state[0], training)
        loop = keras.layers.RNN(
            _ProjectedCell(self.cell, masks[1]),
            return_sequences=self.return_sequences,
            go_backwards=self.go_backwards,
            unroll=self.unroll,
            zero_output_for_mask=self.zero_output_for_mask,
            name="loop",
        )
        projected = self.cell.project(sequences, masks[0])  # (B, T, gates * H)
        return loop.inner_loop(projected, initial_state, mask)

    def _check_call(self, sequences, initial_state, mask):
        batch, time = sequences.shape[:2]
        if mask is not None:
            check_shape("mask", mask, (batch, time), "(batch, time)")
        if len(initial_state) != len(self.state_size):
            raise ValueError(
                f"`initial_state` must be a list of {len(self.state_size)} tensor(s), "
                f"got {len(initial_state)}."
            )
        for state, size in zip(initial_state, self.state_size):
            check_shape("initial_state", state, (batch, size), "(batch, units)")

    def get_config(self):
        config = {**self.cell.get_config(), **super().get_config()}
        del config["cell"]
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class _ProjectedCell:
    """A cell, as `keras.layers.RNN` wants it, for inputs that are projected already."""

    def __init__(self, cell, state_mask):
        self.step = cell.step
        self.state_size = cell.state_size
        self.state_mask = state_mask

    def call(self, projected, states):
        states = self.step(projected, states, self.state_mask)
        return states[0], states

    __call__ = call


def cell_options(kwargs):
    """The part of a layer's keyword arguments that its cell takes too."""
    return {"dtype": kwargs.get("dtype"), "name": "cell"}
