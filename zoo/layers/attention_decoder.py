"""A recurrent decoder with attention."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._recurrent_cell import RecurrentCell, dropped
from zoo.layers._recurrent_layer import RecurrentLayer
from zoo.layers._time_loop import Lane, time_loop
from zoo.layers.attention._attention import Attention


@keras.saving.register_keras_serializable("zoo")
class AttentionDecoder(keras.layers.Layer):
    """A recurrent cell that attends to a memory after each of its steps.

        s_t      = cell([x_t; y_{t-1}], s_{t-1})
        c_t, a_t = attention(s_t, memory)
        y_t      = tanh([c_t; s_t] W_c + b_c)

    for the embedding `x_t` of the token before, the states `h_j` of an encoder as the memory, and
    the attentional state `y_t` from which the next token is predicted. That `y_{t-1}` is an input
    of the cell is "input feeding": the decoder knows what it attended to. Without it,
    `s_t = cell(x_t, s_{t-1})`, and the attention of all steps is computed at once. Of a cell with
    several states the first, its output, stands for `s_t` in the last two lines.

    What does not change from step to step is computed once: the products of all `x_t` with the
    cell's kernel, and the keys of the memory. A call with a single step has no loop, so that a
    decoder which chooses its own tokens calls the layer for each of them, with the states and the
    number of the step, and with `keys = layer.project(memory)`.

    Args:
        cell: A cell of this package for the state of size `H`, such as `GRUCell(H)`.
        attention: An attention layer of this package.
        units: Size `U` of `y`, that of the state by default.
        input_feeding: Whether `y_{t-1}` is an input of the cell.

    Call arguments:
        inputs: Float tensor `(B, T, E)`.
        memory: Float tensor `(B, S, D)`.
        initial_state: List of float tensors: the cell's states `(B, H)`, then with input feeding
            `y_0` `(B, U)`, which may be left out; zeros by default.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: The attention's keys of the memory, from `project`; computed here without it.
        step: Integer, or tensor `()` of one: the number of the first step, which a monotonic
            `LocalAttention` asks for.
        training: Whether to apply the cell's dropout, and to draw in a `HardAttention`.

    Returns:
        The states `y` `(B, T, U)`; the weights of the attention, `(B, T, S)` or, with heads,
        `(B, T, K, S)`; and the flat list of states after the last step, as `initial_state` takes
        it. `inputs` have no mask: where they are padded on the right, what comes before is not
        changed by it, but the last states are.

    Errors:
        TypeError: If `cell` or `attention` is not one of this package.
        ValueError: If `units` is not positive, or tensors do not have these shapes.

    Example:
        >>> decoder = AttentionDecoder(zoo.layers.GRUCell(6), zoo.layers.AdditiveAttention(8))
        >>> inputs, memory = ops.ones((2, 3, 4)), ops.ones((2, 5, 7))
        >>> outputs, weights, states = decoder(inputs, memory)
        >>> tuple(outputs.shape), tuple(weights.shape), len(states)
        ((2, 3, 6), (2, 3, 5), 2)
        >>> outputs, weights, states = decoder(inputs[:, :1], memory, states, step=3)

    Reference: Luong et al. 2015, arXiv:1508.04025, sections 3, 3.1 (equation 5) and 3.3.
    """

    def __init__(self, cell, attention, units=None, *, input_feeding=True, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        _check_kind("cell", cell, RecurrentCell)
        _check_kind("attention", attention, Attention)
        if units is not None:
            check_positive(units=units)
        self.cell = cell
        self.attention = attention
        self.units = units
        self.input_feeding = input_feeding
        if not self.trainable:
            cell.trainable = attention.trainable = False
        self.loop = None
        if not input_feeding:
            self.loop = RecurrentLayer(
                cell, return_sequences=True, return_state=True, dtype=self.dtype_policy, name="loop"
            )

    @property
    def output_size(self):
        return self.units or self.cell.units

    @property
    def state_size(self):
        """Sizes of the flat states."""
        sizes = self.cell.state_size
        sizes = list(sizes) if isinstance(sizes, list | tuple) else [sizes]
        return [*sizes, self.output_size] if self.input_feeding else sizes

    def build(self, inputs_shape, memory_shape):
        self.input_size = inputs_shape[-1]
        fed = self.output_size if self.input_feeding else 0
        if not self.cell.built:  # as it is, and the attention, when they come from a saved file
            self.cell.build((None, self.input_size + fed))
        if self.loop is not None:
            self.loop.build((None, None, self.input_size))
        if not self.attention.built:
            self.attention.build((None, self.cell.units), memory_shape)
        width = self.attention.context_size + self.cell.units
        self.kernel = self.add_weight((width, self.output_size), name="kernel")
        self.bias = self.add_weight((self.output_size,), "zeros", name="bias")

    def project(self, memory):
        """The attention's keys of a memory `(B, S, D)`; see the attention layers."""
        return self.attention.project(memory)

    def call(
        self, inputs, memory, initial_state=None, mask=None, keys=None, step=0, training=False
    ):
        check_shape("inputs", inputs, (None, None, self.input_size), "(batch, time, size)")
        inputs = ops.cast(inputs, self.compute_dtype)
        states = self._first_states(inputs, initial_state)
        if keys is None:
            keys = self.project(memory)
        step = ops.cast(step, "int32")

        def attend(query, step):
            option = {"step": step} if self.attention.takes_step else {}
            return self.attention(query, memory, mask=mask, keys=keys, **option)

        run = self._fed_run if self.input_feeding else self._plain_run
        return run(inputs, states, attend, step, training)

    def compute_mask(self, *args, **kwargs):
        return None

    def _fed_run(self, inputs, states, attend, step, training):
        """All steps, each of which attends before the next one begins."""
        projected, fed_kernel, fed_mask, state_mask = self._projected(inputs, states, training)
        steps = step + ops.arange(ops.shape(inputs)[1], dtype="int32")

        def one_step(row, states):
            projected, step = row
            *states, y = states
            projected = projected + ops.matmul(dropped(y, fed_mask), fed_kernel)
            states = self.cell.step(projected, states, state_mask)
            context, weights = attend(states[0], step)
            y = self._attentional_state(context, states[0])
            return [y, weights], [*states, y]

        results, states = self._run_steps(one_step, [projected, steps], states, training)
        outputs, weights = (ops.swapaxes(each, 0, 1) for each in results)
        return outputs, weights, states

    def _run_steps(self, step, inputs, states, training):
        """The results of the loop; the seeds of an attention that draws are among its states.

        Nothing can be assigned to a variable in a loop of JAX, not even to a seed.
        """
        seeds = self.attention.non_trainable_variables if training else []
        values = [(variable, variable.value) for variable in self.variables] if seeds else []
        count = len(states)

        def drawing_step(row, states):
            mapping = [*values, *zip(seeds, states[count:])]
            with keras.StatelessScope(mapping, initialize_variables=False) as scope:
                outputs, new = step(row, states[:count])
            return outputs, [*new, *map(scope.get_current_value, seeds)]

        first = [*states, *map(ops.convert_to_tensor, seeds)]
        lane = Lane(drawing_step if seeds else step, inputs, first, False)
        ((results, last),) = time_loop([lane], unroll=inputs[0].shape[0] == 1)
        for seed, value in zip(seeds, last[count:]):
            seed.assign(value)
        return results, last[:count]

    def _projected(self, inputs, states, training):
        """The products of all inputs with the cell's kernel `(T, B, G)`; what `y` goes through."""
        cell, size = self.cell, self.input_size
        first = ops.concatenate([inputs[:, 0], states[-1]], axis=-1)  # (B, E + U)
        input_mask, state_mask = cell.dropout_masks(first, states[0], training)
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()
        fed_mask = None
        if input_mask is not None:
            inputs, fed_mask = inputs * input_mask[:, None, :size], input_mask[:, size:]
        kernel = ops.cast(cell.kernel, self.compute_dtype)
        bias = ops.cast(cell.input_bias, self.compute_dtype)
        projected = ops.matmul(inputs, kernel[:size]) + bias
        return ops.swapaxes(projected, 0, 1), kernel[size:], fed_mask, state_mask

    def _plain_run(self, inputs, states, attend, step, training):
        """All steps of the cell, then the attention of all at once."""
        if inputs.shape[1] == 1:
            outputs, states = single_step(self.cell, inputs, states)
        else:
            outputs, *states = self.loop(inputs, initial_state=states)  # (B, T, H)
        context, weights = attend(outputs, step)
        return self._attentional_state(context, outputs), weights, list(states)

    def _attentional_state(self, context, output):
        joined = ops.concatenate([context, output], axis=-1)  # (..., C + H)
        return ops.tanh(ops.matmul(joined, self.kernel) + self.bias)

    def _first_states(self, inputs, initial_state):
        batch, sizes = inputs.shape[0], self.state_size
        given = [] if initial_state is None else list(initial_state)
        least = len(sizes) - 1 if self.input_feeding else len(sizes)
        if given and not least <= len(given) <= len(sizes):
            raise ValueError(
                f"`initial_state` must be a list of {len(sizes)} tensors, got {len(given)}."
            )
        for state, size in zip(given, sizes):
            check_shape("initial_state", state, (batch, size), "(batch, units)")
        zeros = [ops.zeros((ops.shape(inputs)[0], size)) for size in sizes[len(given) :]]
        return [ops.cast(state, self.compute_dtype) for state in [*given, *zeros]]

    def get_config(self):
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.cell),
            "attention": keras.saving.serialize_keras_object(self.attention),
            "units": self.units,
            "input_feeding": self.input_feeding,
        }

    @classmethod
    def from_config(cls, config):
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in PARTS}
        return cls(**{**config, **parts})


PARTS = ("cell", "attention")


def single_step(cell, inputs, states):
    """The output `(B, 1, H)` and the states of a cell after inputs `(B, 1, D)`, without a loop."""
    output, states = cell(inputs[:, 0], states)
    cell.reset_dropout_mask()
    cell.reset_recurrent_dropout_mask()
    return output[:, None], states


def _check_kind(name, layer, kind):
    if not isinstance(layer, kind):
        raise TypeError(
            f"`{name}` must be a {kind.__name__} of zoo.layers, got {type(layer).__name__}."
        )
