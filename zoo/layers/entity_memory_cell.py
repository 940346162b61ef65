"""Parallel gated memories, each of which follows an entity."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape


@keras.saving.register_keras_serializable("zoo")
class EntityMemoryCell(keras.layers.Layer):
    """One step of a recurrent entity network: a sentence goes to the memories that it is about.

        g_j  = sigmoid(s . h_j + s . w_j)
        c_j  = phi(h_j U + w_j V + s W)
        h_j' = h_j + g_j c_j
        h_j' = h_j' / |h_j'|

    for the vector `s` of a sentence, the memories `h_j` and their keys `w_j`, which are learnt and
    are what the memories hold at first. A memory whose gate stays shut keeps what it has; what is
    written makes it turn, and by the normalisation forget. `U`, `V`, `W` and the slopes of `phi`, a
    parametric ReLU that is linear at first, are shared by all memories. With `use_bias` a scalar
    `a_j` of each memory is added in the sigmoid, and a vector `b` in `phi`, as the authors' code
    has it where the paper has not. Norms and gates are computed in float32 at least.

    `keras.layers.RNN` loops over the sentences and leaves out those that its mask says to.

    Args:
        slots: Number `N` of memories.
        units: Size `H` of each, that of the inputs.
        use_bias: Whether there are biases, drawn from N(0, 0.1) at first.

    Call arguments:
        inputs: Float tensor `(B, H)`.
        states: List of one float tensor `(B, N H)`, the memories side by side.

    Returns:
        The memories `(B, N H)`, and a list of them alone. `keras.ops.reshape` to `(B, N, H)` gives
        them one by one.

    Errors:
        ValueError: If `slots` or `units` is not positive, or the inputs are of another size.

    Example:
        >>> memories = keras.layers.RNN(EntityMemoryCell(3, 8))(ops.ones((2, 5, 8)))
        >>> tuple(ops.reshape(memories, (2, 3, 8)).shape)
        (2, 3, 8)

    Reference: Henaff et al. 2017, arXiv:1612.03969, section 2.2, equations 2 to 5; for the biases
    https://github.com/facebookarchive/MemNN, EntNet-babi/entnet.lua.
    """

    def __init__(self, slots, units, *, use_bias=False, **kwargs):
        super().__init__(**kwargs)
        check_positive(slots=slots, units=units)
        self.slots = slots
        self.units = units
        self.use_bias = use_bias
        self.state_size = self.output_size = slots * units

    def build(self, input_shape):
        if input_shape[-1] != self.units:
            raise ValueError(
                f"`inputs` must have the size of the memories, {self.units}, got {input_shape[-1]}."
            )
        square = (self.units, self.units)
        self.keys = self.add_weight((self.slots, self.units), "glorot_uniform", name="keys")
        self.memory_kernel = self.add_weight(square, "glorot_uniform", name="memory_kernel")
        self.key_kernel = self.add_weight(square, "glorot_uniform", name="key_kernel")
        self.kernel = self.add_weight(square, "glorot_uniform", name="kernel")
        self.slopes = self.add_weight((self.units,), "ones", name="slopes")
        if self.use_bias:
            normal = keras.initializers.RandomNormal(stddev=0.1)
            self.gate_bias = self.add_weight((self.slots, 1), normal, name="gate_bias")
            self.bias = self.add_weight((self.units,), normal.clone(), name="bias")

    def get_initial_state(self, batch_size=None):
        """The keys, normalised, in each row: `(B, N H)`."""
        keys = ops.cast(_normalised(ops.convert_to_tensor(self.keys)), self.compute_dtype)
        return [ops.tile(ops.reshape(keys, (1, -1)), (batch_size, 1))]

    def call(self, inputs, states):
        check_shape("states", states[0], (inputs.shape[0], self.state_size), "(batch, slots units)")
        h = ops.reshape(states[0], (-1, self.slots, self.units))  # (B, N, H)
        scores = ops.sum(inputs[:, None] * (h + self.keys), axis=-1, keepdims=True)  # (B, N, 1)
        from_keys = ops.matmul(self.keys, self.key_kernel)  # (N, H)
        if self.use_bias:
            scores, from_keys = scores + self.gate_bias, from_keys + self.bias
        gates = ops.cast(ops.sigmoid(_as_float32(scores)), h.dtype)
        from_inputs = ops.matmul(inputs, self.kernel)[:, None]  # (B, 1, H)
        hidden = ops.matmul(h, self.memory_kernel) + from_keys + from_inputs
        h = _normalised(h + gates * self.activation(hidden))
        flat = ops.reshape(ops.cast(h, self.compute_dtype), (-1, self.state_size))
        return flat, [flat]

    def activation(self, hidden):
        """`phi` of a tensor `(..., H)`, with the cell's slopes; for layers that share it."""
        return ops.maximum(hidden, 0) + self.slopes * ops.minimum(hidden, 0)

    def get_config(self):
        sizes = {"slots": self.slots, "units": self.units, "use_bias": self.use_bias}
        return {**super().get_config(), **sizes}


def _normalised(vectors):
    vectors = _as_float32(vectors)
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-12))


def _as_float32(tensor):
    return ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))
