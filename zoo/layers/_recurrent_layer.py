"""What the recurrent layers share."""

import keras
from keras import ops

from zoo.layers._checks import check_shape
from zoo.layers._recurrence import Recurrence


class RecurrentLayer(keras.layers.RNN):
    """A `keras.layers.RNN` over one of this package's cells, for all steps' inputs at once.

    The projection of the inputs is one product for the whole sequence; the loop over time has the
    rest of the cell's step, see `Recurrence`. The layer's config is that of its cell and of the
    loop, in one.
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
        if mask is not None:
            mask = time_major(ops.cast(mask, "bool")[..., None])  # (T, B, 1)
        loop = Recurrence(
            self.cell.passes,
            go_backwards=self.go_backwards,
            return_sequences=self.return_sequences,
            keep=bool(training),
            unroll=self.unroll,
        )
        outputs, states = loop(self._tensors(sequences, initial_state, mask, *masks))
        return self._shown(outputs, states, mask)

    def _tensors(self, sequences, initial_state, mask, input_mask, state_mask):
        """What the loop works on, `Recurrence` says how."""
        cell = self.cell
        tensors = {
            "inputs": time_major(cell.dropped_inputs(sequences, input_mask)),
            "kernel": self._value(cell.kernel),
            "bias": self._value(cell.bias),
            "weights": [self._value(weight) for weight in cell.recurrent_weights],
            "states": initial_state,
        }
        if mask is not None:
            tensors["mask"] = ops.cast(mask, self.compute_dtype)
        if state_mask is not None:
            tensors["state_mask"] = state_mask
        return tensors

    def _value(self, weight):
        """A weight as a tensor: on TensorFlow a variable would not pass for one here."""
        return ops.cast(weight, self.compute_dtype)

    def _shown(self, outputs, states, mask):
        """The last output, all outputs `(B, T, H)` where they are wanted, and the last states."""
        last = states[0]
        if mask is not None:
            valid = ops.flip(mask, 0) if self.go_backwards else mask  # (T, B, 1)
            if not self.zero_output_for_mask:  # before the first valid step there is no output
                valid = ops.cumsum(ops.cast(valid, "int32"), 0) > 0
            last = ops.where(valid[-1], last, 0)
            if outputs is not None:
                outputs = ops.where(valid, outputs, 0)
        return last, last if outputs is None else time_major(outputs), states

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


def time_major(sequences):
    """Swaps the first two of three axes."""
    return ops.transpose(sequences, (1, 0, 2))


def cell_options(kwargs):
    """The part of a layer's keyword arguments that its cell takes too."""
    return {"dtype": kwargs.get("dtype"), "name": "cell"}
