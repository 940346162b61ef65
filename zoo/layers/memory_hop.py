"""A look at a memory, and a question that knows what was found."""

import keras
from keras import ops

from zoo.layers._checks import check_shape
from zoo.layers.attention._attention import masked_softmax


@keras.saving.register_keras_serializable("zoo")
class MemoryHop(keras.layers.Layer):
    """Attention of a question to memories; what it finds is added to the question.

        p_j = softmax_j(q . m_j),  over the memories whose mask is true
        o   = sum_j p_j c_j
        y   = phi(q + o H)

    for the question `q`, the memories `m_j`, and what is read of them, `c_j`, which is `m_j` where
    nothing else is given. Several hops, each with the question that the one before gave, follow
    several facts. With `projection=False` and no activation, `y = q + o`, it is the hop of
    Sukhbaatar et al. with adjacent weights; as it is by default but for the activation, that of
    Henaff et al.

    Args:
        activation: Function `phi`, its name, or `None` for none.
        projection: Whether there is an `H`, a square matrix.

    Call arguments:
        query: Float tensor `(B, D)`.
        memory: Float tensor `(B, N, D)`.
        values: Float tensor `(B, N, D)`, or `None` for `memory`.
        mask: Boolean tensor `(B, N)`, true for memories that count, or `None`.

    Returns:
        The next question `(B, D)`, and the weights `p` `(B, N)`, which sum to 1, or are 0 in a row
        without any memory that counts. The softmax runs in float32 at least.

    Errors:
        ValueError: If tensors do not have these shapes.

    Example:
        >>> query, weights = MemoryHop("relu")(ops.ones((2, 8)), ops.ones((2, 5, 8)))
        >>> tuple(query.shape), tuple(weights.shape)
        ((2, 8), (2, 5))

    Reference: Sukhbaatar et al. 2015, arXiv:1503.08895, section 2; Henaff et al. 2017,
    arXiv:1612.03969, section 2.3, equations 6 to 8.
    """

    def __init__(self, activation=None, *, projection=True, **kwargs):
        super().__init__(**kwargs)
        self.activation = keras.activations.get(activation)
        self.projection = projection
        self.supports_masking = True

    def build(self, query_shape, memory_shape):
        self.size = query_shape[-1]
        if self.projection:
            self.kernel = self.add_weight((self.size, self.size), name="kernel")

    def call(self, query, memory, values=None, mask=None):
        batch, count = memory.shape[:2]
        values = memory if values is None else values
        check_shape("query", query, (batch, self.size), "(batch, size)")
        check_shape("memory", memory, (batch, None, self.size), "(batch, memories, size)")
        check_shape("values", values, (batch, count, self.size), "(batch, memories, size)")
        if mask is None:
            mask = ops.ones(ops.shape(memory)[:2], "bool")
        check_shape("mask", mask, (batch, count), "(batch, memories)")
        scores = ops.matmul(memory, query[..., None])[..., 0]  # (B, N)
        weights = ops.cast(masked_softmax(scores, ops.cast(mask, "bool")), values.dtype)
        found = ops.matmul(weights[:, None], values)[:, 0]  # (B, D)
        if self.projection:
            found = ops.matmul(found, self.kernel)
        return self.activation(query + found), weights

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "projection": self.projection,
        }
