"""What the attention layers share: checks, keys, scores, and the masked softmax."""

import keras
from keras import ops

from zoo.layers._checks import check_shape
from zoo.layers._masks import prepare_mask
from zoo.layers._products import product


class Attention(keras.layers.Layer):
    """The arguments of an attention layer, checked, and its keys.

    A subclass adds the weight `memory_kernel` `(D, A)`, or leaves it out, its keys being the memory
    itself. All casts are here, as `project` may run outside of a call, where Keras does none.
    """

    memory_kernel = None
    takes_step = False  # whether a call for one step wants its number

    @property
    def context_size(self):
        """Size of the context, once the layer is built."""
        return self.memory_size

    def build(self, query_shape, memory_shape):
        self.query_size, self.memory_size = query_shape[-1], memory_shape[-1]

    def project(self, memory):
        """The keys of a memory `(B, S, D)`, to be computed once and given to the call at each step.

        Args:
            memory: Float tensor `(B, S, D)`, not a symbolic one: in a functional model the layer
                itself does this.

        Returns:
            Float tensor `(B, S, A)`.

        Errors:
            ValueError: If the layer is not built, or `memory` is symbolic or of another shape.
        """
        if not self.built:
            raise ValueError(
                f"`project` needs the weights of `{self.name}`: first call the layer, "
                "or its `build(query_shape, memory_shape)`."
            )
        if isinstance(memory, keras.KerasTensor):
            raise ValueError(f"`memory` must be a tensor with values in `project`, got {memory}.")
        memory = ops.cast(memory, self.compute_dtype)
        check_shape("memory", memory, (None, None, self.memory_size), "(batch, source, size)")
        if self.memory_kernel is None:
            return memory
        return product(memory, ops.cast(self.memory_kernel, memory.dtype))

    def prepare(self, query, memory, mask, keys):
        """The queries `(B, T, H)`, the keys `(B, S, A)` and the mask `(B, 1, S)`."""
        check_shape("memory", memory, (None, None, self.memory_size), "(batch, source, size)")
        batch, source = memory.shape[:2]
        one_step = len(query.shape) == 2
        expected = (batch, self.query_size) if one_step else (batch, None, self.query_size)
        check_shape("query", query, expected, "(batch, units) or (batch, time, units)")
        if mask is not None:
            check_shape("mask", mask, (batch, source), "(batch, source)")
        if keys is None:
            keys = self.project(memory)
        size = self.memory_size if self.memory_kernel is None else self.memory_kernel.shape[1]
        check_shape("keys", keys, (batch, source, size), "(batch, source, key size)")
        query, keys = (ops.cast(each, self.compute_dtype) for each in (query, keys))
        queries = query[:, None] if one_step else query
        return queries, keys, prepare_mask(memory, mask)[:, None]

    def compute_mask(self, *args, **kwargs):
        return None  # else Keras would take the mask of the memory for that of the contexts


def additive_hidden(queries, keys, kernel):
    """`tanh(W q + k)` for each pair: `(B, T, H)` and `(B, S, A)` to `(B, T, S, A)`."""
    projected = product(queries, ops.cast(kernel, queries.dtype))  # (B, T, A)
    return ops.tanh(projected[:, :, None] + keys[:, None])


def additive_scores(queries, keys, kernel, vector):
    """`v^T tanh(W q + k)` for each pair: `(B, T, S)`, with `v` as a matrix `(A, 1)`."""
    hidden = additive_hidden(queries, keys, kernel)
    return product(hidden, ops.cast(vector, hidden.dtype))[..., 0]


def multiplicative_scores(queries, keys):
    """`q^T k` for each pair: `(B, T, A)` and `(B, S, A)` to `(B, T, S)`."""
    return queries @ ops.transpose(keys, (0, 2, 1))


def masked_scores(scores, mask):
    """The scores in float32 at least, so low where the mask is false that a softmax gives 0."""
    return ops.where(mask, as_float32(scores), -1e9)


def masked_softmax(scores, mask):
    """Softmax over the last axis where the mask is true, 0 elsewhere; in float32 at least."""
    # Keras' softmax warns of an axis of size 1, which is that of a memory with one place.
    return ops.where(mask, ops.exp(ops.log_softmax(masked_scores(scores, mask), axis=-1)), 0.0)


def as_float32(tensor):
    return ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))


def attend(query, memory, weights):
    """The context `(B, T, D)` and the weights `(B, T, S)`; see `like_query`."""
    weights = ops.cast(weights, memory.dtype)
    return like_query(query, weights @ memory, weights)


def like_query(query, *tensors):
    """Tensors `(B, T, ...)`, without the axis of time where the query is of one step."""
    return tuple(each[:, 0] for each in tensors) if len(query.shape) == 2 else tensors
