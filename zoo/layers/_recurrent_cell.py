"""What the recurrent cells share."""

import keras
from keras import ops

# `keras.layers.RNN` draws one mask per sequence only for cells of this class, which is not public.
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

from zoo.layers._checks import check_boolean, check_rate, check_units


class RecurrentCell(DropoutRNNCell, keras.layers.Layer):
    """A cell whose step is a projection of the input, then a function of it and the states.

        p      = (m_x * x) W + b
        states = step(p, states, m_h)

    The projection does not look at the states, so that a layer can make it for all steps at once.
    The masks `m_x` and `m_h` are those of dropout: one per sequence, the same at each step and for
    each gate. A loop over a bare cell while training must call `reset_dropout_mask` and
    `reset_recurrent_dropout_mask` before each sequence, as `keras.layers.RNN` does.

    A subclass sets `gates`, and `state_size` if it has more than one state, and defines `step`. For
    a sequence layer it may also have `passes`: the same step with its gradient, for speed. They are
    made for the default activations: with others the layer runs the cell, step by step, and the
    gradient is the backend's.

    Args:
        units: Size `H` of each state.
        activation: Function of what enters the state: a name of Keras', or a callable.
        use_bias: Whether there are biases.
        kernel_initializer, recurrent_initializer, bias_initializer: What `W`, `U` and `b` start
            from, as Keras takes them; so are the regularizers and constraints.
        dropout: Rate in [0, 1) at which the inputs are dropped.
        recurrent_dropout: Rate in [0, 1) at which the state is dropped on its way to the gates.
        seed: Integer that fixes the dropout masks.
    """

    gates = 1
    passes = None  # class of the step's forward and backward pass in closed form: `CellPasses`

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        check_units(units)
        check_boolean(use_bias=use_bias)
        check_rate("dropout", dropout)
        check_rate("recurrent_dropout", recurrent_dropout)
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units
        self.activation = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = keras.regularizers.get(recurrent_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.recurrent_constraint = keras.constraints.get(recurrent_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        width = self.gates * self.units
        self.kernel = self._weight("kernel", (input_shape[-1], width))
        self.recurrent_kernel = self._weight("recurrent_kernel", (self.units, width))
        self.bias = self._weight("bias", self.bias_shape) if self.use_bias else None

    def _weight(self, name, shape):
        role = name.removesuffix("_kernel")  # as in `recurrent_initializer`
        return self.add_weight(
            shape,
            self.initial_bias if name == "bias" else getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
            name=name,
        )

    @property
    def bias_shape(self):
        return (self.gates * self.units,)

    def initial_bias(self, shape, dtype=None):
        return self.bias_initializer(shape, dtype=dtype)

    @property
    def input_bias(self):
        """The bias `(gates * H,)` of the projection: zeros where there is none."""
        return (
            self.bias if self.use_bias else ops.zeros(self.gates * self.units, self.compute_dtype)
        )

    @property
    def passes_in_use(self):
        """`passes`, or `None` where they do not have the cell's activations."""
        return self.passes if self.activation is keras.activations.tanh else None

    def dropout_masks(self, inputs, state, training):
        """The masks `(B, D)` of the inputs and `(B, H)` of the state, `None` for no dropout."""
        if not training:
            return None, None
        return self.get_dropout_mask(inputs), self.get_recurrent_dropout_mask(state)

    def project(self, inputs, input_mask=None):
        """Projects inputs `(B, D)` of a step, or `(B, T, D)` of all, to `(..., gates * H)`."""
        return ops.matmul(self.dropped_inputs(inputs, input_mask), self.kernel) + self.input_bias

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
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "recurrent_regularizer": keras.regularizers.serialize(self.recurrent_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "recurrent_constraint": keras.constraints.serialize(self.recurrent_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "seed": self.seed,
        }


class GatedCell(RecurrentCell):
    """A `RecurrentCell` whose gates have a function of their own.

    Args:
        units, activation: Those of `RecurrentCell`, as are all that follow `recurrent_activation`.
        recurrent_activation: Function of the gates: a name of Keras', or a callable.
    """

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", *args, **kwargs):
        super().__init__(units, activation, *args, **kwargs)
        self.recurrent_activation = keras.activations.get(recurrent_activation)

    @property
    def passes_in_use(self):
        standard = self.recurrent_activation is keras.activations.sigmoid
        return super().passes_in_use if standard else None

    def get_config(self):
        function = keras.activations.serialize(self.recurrent_activation)
        return {**super().get_config(), "recurrent_activation": function}


class LSTMLikeCell(GatedCell):
    """A `GatedCell` with two states and the gates `i`, `f`, `g` and `o`."""

    gates = 4

    def __init__(self, units, *args, unit_forget_bias=True, **kwargs):
        super().__init__(units, *args, **kwargs)
        check_boolean(unit_forget_bias=unit_forget_bias)
        self.unit_forget_bias = unit_forget_bias
        self.state_size = [units, units]

    def initial_bias(self, shape, dtype=None):
        """That of `bias_initializer`, but with ones for `f` where `unit_forget_bias` says so."""
        if not self.unit_forget_bias:
            return super().initial_bias(shape, dtype)
        draw, units = self.bias_initializer, self.units
        i, others = draw((units,), dtype=dtype), draw((2 * units,), dtype=dtype)
        return ops.concatenate([i, ops.ones(units, dtype), others])

    def get_config(self):
        return {**super().get_config(), "unit_forget_bias": self.unit_forget_bias}


def dropped(state, state_mask):
    return state if state_mask is None else state * state_mask
