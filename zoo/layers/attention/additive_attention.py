"""Attention by a network of one hidden layer."""

import keras

from zoo.layers._checks import check_units
from zoo.layers.attention._attention import Attention, additive_scores, attend, masked_softmax


@keras.saving.register_keras_serializable("zoo")
class AdditiveAttention(Attention):
    """Attention whose scores a small network gives, from query and memory.

        e_j = v_a^T tanh(W_a s + U_a h_j)
        a_j = softmax_j(e_j),  over the places whose mask is true
        c   = sum_j a_j h_j

    for the query `s`, a decoder's state, and the memory `h`, the states of an encoder. As in the
    paper, both are projected and there is no bias. `keras.layers.AdditiveAttention` projects none.

    `keys = layer.project(memory)` is the part `U_a h` that no query changes: a decoder's loop
    computes it once. All steps at once take memory in `(B, T, S, A)`.

    Args:
        units: Size `A` of the hidden layer.

    Call arguments:
        query: Float tensor `(B, H)` for one step, or `(B, T, H)` for all.
        memory: Float tensor `(B, S, D)`.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: Float tensor `(B, S, A)` from `project(memory)`; computed here without it.

    Returns:
        The context `(B, D)` or `(B, T, D)`, and the weights `(B, S)` or `(B, T, S)`. The weights
        sum to 1 over valid places and are 0 elsewhere; in a row without a valid place both are 0.
        The softmax runs in float32 at least. No mask is passed on.

    Errors:
        ValueError: If `units` is not positive, or tensors do not have these shapes.

    Example:
        >>> attention = AdditiveAttention(8)
        >>> query, memory = keras.ops.ones((2, 6)), keras.ops.ones((2, 5, 4))
        >>> context, weights = attention(query, memory)
        >>> tuple(context.shape), tuple(weights.shape)
        ((2, 4), (2, 5))
        >>> keys = attention.project(memory)
        >>> context, weights = attention(query, memory, keys=keys)

    Reference: Bahdanau et al. 2015, arXiv:1409.0473, section 3.1 and appendix A.1.2.
    """

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        check_units(units)
        self.units = units

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        self.query_kernel = self.add_weight((self.query_size, self.units), name="query_kernel")
        self.memory_kernel = self.add_weight((self.memory_size, self.units), name="memory_kernel")
        self.vector = self.add_weight((self.units, 1), name="vector")

    def call(self, query, memory, mask=None, keys=None):
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        scores = additive_scores(queries, keys, self.query_kernel, self.vector)  # (B, T, S)
        return attend(query, memory, masked_softmax(scores, mask))

    def get_config(self):
        return {**super().get_config(), "units": self.units}
