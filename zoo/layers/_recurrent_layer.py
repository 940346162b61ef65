"""What the recurrent layers share."""

import functools
import inspect
import operator

import keras
from keras import ops

from zoo.argument_names import named_parameters
from zoo.layers._checks import check_shape
from zoo.layers._recurrence import recur
from zoo.layers._recurrent_cell import DropoutRNNCell
from zoo.layers._recurrent_direction import Direction


class RecurrentLayer(keras.layers.RNN):
    """A `keras.layers.RNN` over one of this package's cells, for all steps' inputs at once.

    The projection of the inputs is one product for the whole sequence; the loop over time has the
    rest of the cell's step, see `Direction`. Where the cell has no `passes_in_use`, Keras' layer
    runs it step by step.
    """

    def __init__(self, cell, **kwargs):
        super().__init__(cell, **kwargs)
        self.input_spec = keras.layers.InputSpec(ndim=3)
        self.supports_masking = True  # Keras 3.16 sets it to false
        if not self.trainable:
            cell.trainable = False

    def call(self, sequences, initial_state=None, mask=None, training=False):
        if not self.cell.passes_in_use:
            states = self._first_states(sequences, initial_state)
            self._check_call(sequences, states, mask)
            return super().call(sequences, states, mask, training)
        direction, tensors = self.begin(sequences, initial_state, mask, training)
        outputs, states = self.run(direction, tensors, training)
        return self.end(outputs, states, tensors.get("mask"))

    def run(self, direction, tensors, training):
        """The outputs `(T, B, H)` in the loop's order, or `None`, and the list of last states."""
        (results,) = recur([direction], [tensors], **self.loop_options(training))
        return results

    def runs_on_cudnn(self, training):
        return False

    def loop_options(self, training):
        return {
            "return_sequences": self.return_sequences,
            "keep": bool(training),
            "unroll": self.unroll,
        }

    def begin(self, sequences, initial_state, mask, training):
        """The layer's `Direction`, and the tensors that it works on."""
        sequences = ops.cast(sequences, self.compute_dtype)
        states = self._first_states(sequences, initial_state)
        self._check_call(sequences, states, mask)
        cell = self.cell
        input_mask, state_mask = cell.dropout_masks(sequences[:, 0], states[0], training)
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()
        tensors = {
            "inputs": time_major(cell.dropped_inputs(sequences, input_mask)),
            "kernel": self._value(cell.kernel),
            "bias": self._value(cell.input_bias),
            "weights": [self._value(weight) for weight in cell.recurrent_weights],
            "states": states,
        }
        if mask is not None:  # (T, B, 1)
            mask = ops.cast(ops.cast(mask, "bool"), self.compute_dtype)
            tensors["mask"] = time_major(mask[..., None])
        if state_mask is not None:
            tensors["state_mask"] = state_mask
        return Direction(cell.passes_in_use, self.go_backwards), tensors

    def _first_states(self, sequences, initial_state):
        if initial_state is None:
            batch = ops.shape(sequences)[0]
            initial_state = self.states if self.stateful else self.get_initial_state(batch)
        if not isinstance(initial_state, list | tuple):
            initial_state = [initial_state]
        return [ops.convert_to_tensor(state, self.compute_dtype) for state in initial_state]

    def _value(self, weight):
        """A weight as a tensor: on TensorFlow a variable would not pass for one here."""
        return ops.cast(weight, self.compute_dtype)

    def end(self, outputs, states, mask):
        """What the layer returns, from the results of the loop and its mask `(T, B, 1)`."""
        output = self._shown(outputs, states[0], mask)
        if self.stateful:
            for variable, state in zip(self.states, states):
                variable.assign(state)
        return (output, *states) if self.return_state else output

    def _shown(self, outputs, last, mask):
        """The last output `(B, H)`, or all outputs `(B, T, H)` where they are wanted."""
        if mask is not None:
            valid = (ops.flip(mask, 0) if self.go_backwards else mask) > 0  # (T, B, 1)
            if not self.zero_output_for_mask:  # before the first valid step there is no output
                valid = ops.cumsum(ops.cast(valid, "int32"), 0) > 0
            if outputs is None:
                return ops.where(valid[-1], last, 0)
            outputs = ops.where(valid, outputs, 0)
        return last if outputs is None else time_major(outputs)

    def _check_call(self, sequences, initial_state, mask):
        batch, time = sequences.shape[:2]
        if self.unroll and time is None:
            raise ValueError("`unroll` must be False for sequences of free length, got True.")
        if mask is not None:
            check_shape("mask", mask, (batch, time), "(batch, time)")
        if len(initial_state) != len(self.state_size):
            raise ValueError(
                f"`initial_state` must be a list of {len(self.state_size)} tensor(s), "
                f"got {len(initial_state)}."
            )
        for state, size in zip(initial_state, self.state_size):
            check_shape("initial_state", state, (batch, size), "(batch, units)")


def time_major(sequences):
    """Swaps the first two of three axes."""
    return ops.transpose(sequences, (1, 0, 2))


class OneCellLayer(RecurrentLayer):
    """A `RecurrentLayer` over a cell of a certain class, which is made from the cell's arguments.

    The layer's arguments, properties and config are those of its cell and of the loop, in one.

    A subclass sets `cell_class`.
    """

    cell_class = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "cell_class" in vars(cls):
            declare_arguments(cls, cell_arguments(cls))

    def __init__(self, units, *args, **kwargs):
        kwargs.pop("implementation", None)  # of Keras' layers: how a step is computed, not what
        own = {name: kwargs.pop(name) for name in cell_arguments(type(self)) if name in kwargs}
        cell = self.cell_class(units, *args, **own, dtype=kwargs.get("dtype"), name="cell")
        super().__init__(cell, **kwargs)

    def get_config(self):
        config = {**self.cell.get_config(), **super().get_config()}
        del config["cell"]
        return config

    @classmethod
    def from_config(cls, config):
        return cls(**config)


def cell_arguments(layer_class):
    """The arguments that a layer hands on to its cell, as `inspect.Parameter`s by name."""
    return named_parameters(layer_class.cell_class, DropoutRNNCell)


def declare_arguments(layer_class, arguments):
    """Gives a layer's class a signature with its cell's arguments in it, and their properties."""
    make = layer_class.__init__

    @functools.wraps(make)
    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)

    this, *own, rest = inspect.signature(make).parameters.values()
    keywords = [
        each.replace(kind=each.KEYWORD_ONLY) for name, each in arguments.items() if name != "units"
    ]
    __init__.__signature__ = inspect.Signature([this, *own, *keywords, rest])
    layer_class.__init__ = __init__
    for name in arguments:
        setattr(layer_class, name, property(operator.attrgetter(f"cell.{name}")))
