"""Attention by several scorers at a time."""

import keras
from keras import ops

from zoo.layers._checks import check_choice, check_positive
from zoo.layers._products import product
from zoo.layers.attention._attention import (
    Attention,
    additive_hidden,
    like_query,
    masked_softmax,
)

COMBINATIONS = ("concatenate", "sum")


@keras.saving.register_keras_serializable("zoo")
class MultiHeadAttention(Attention):
    """Attention by `K` learnt scorers, each with weights and a context of its own.

        e^k_j = v_k^T tanh(W_k s + U_k h_j)
        a^k_j = softmax_j(e^k_j),  over the places whose mask is true
        c^k   = sum_j a^k_j h_j
        c     = [c^1; ...; c^K] W_o        "concatenate"
              = sum_k c^k                  "sum"
        y     = c,  or  LayerNorm(s + c)   with `add_and_norm`

    for the query `s`, a decoder's state, and the memory `h`, the states of an encoder. Several
    learnt scorers over the states of a recurrent encoder, to attend to several parts of a sentence,
    are those of Lin et al., who have no query, share the hidden layer among the scorers, and keep
    the contexts side by side; a query in the scorer is of Bahdanau et al. The projection `W_o` of
    all contexts, the residual and the normalisation are of Vaswani et al. (after the residual, as
    there). With `add_and_norm` the sum is projected as well, `c = (sum_k c^k) W_o`: to the size
    of the query. There is no bias but that of the normalisation.

    `keys = layer.project(memory)` is the part `U h` that no query changes: a decoder's loop
    computes it once. All steps at once take memory in `(B, T, S, K A)`.

    Args:
        heads: Number `K` of scorers.
        units: Size `A` of the hidden layer of each.
        combine: "concatenate" or "sum".
        add_and_norm: Whether to add the query, and to normalise.

    Call arguments:
        query: Float tensor `(B, H)` for one step, or `(B, T, H)` for all.
        memory: Float tensor `(B, S, D)`.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: Float tensor `(B, S, K A)` from `project(memory)`; computed here without it.

    Returns:
        The context `y`, `(B, D)` or `(B, T, D)`, with `add_and_norm` of the query's size `H`; and
        the weights `(B, K, S)` or `(B, T, K, S)`. The weights of a head sum to 1 over valid places
        and are 0 elsewhere; in a row without a valid place they and `c` are 0. The softmax runs in
        float32 at least. No mask is passed on.

    Errors:
        ValueError: If `heads` or `units` is not positive, `combine` is neither of the two, or
            tensors do not have these shapes.

    Example:
        >>> attention = MultiHeadAttention(3, 8, add_and_norm=True)
        >>> context, weights = attention(ops.ones((2, 6)), ops.ones((2, 5, 4)))
        >>> tuple(context.shape), tuple(weights.shape)
        ((2, 6), (2, 3, 5))

    Reference: Lin et al. 2017, arXiv:1703.03130, section 2.1; Bahdanau et al. 2015,
    arXiv:1409.0473, appendix A.1.2; Vaswani et al. 2017, arXiv:1706.03762, sections 3.1 and 3.2.2.
    """

    def __init__(self, heads, units, *, combine="concatenate", add_and_norm=False, **kwargs):
        super().__init__(**kwargs)
        check_positive(heads=heads, units=units)
        check_choice("combine", combine, COMBINATIONS)
        self.heads = heads
        self.units = units
        self.combine = combine
        self.add_and_norm = add_and_norm
        self.projects = combine == "concatenate" or add_and_norm
        if add_and_norm:
            self.norm = keras.layers.LayerNormalization(
                epsilon=1e-6, dtype=self.dtype_policy, trainable=self.trainable, name="norm"
            )

    @property
    def context_size(self):
        return self.query_size if self.add_and_norm else self.memory_size

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        query, memory, all_units = self.query_size, self.memory_size, self.heads * self.units
        self.query_kernel = self.add_weight((query, all_units), name="query_kernel")
        self.memory_kernel = self.add_weight((memory, all_units), name="memory_kernel")
        self.vectors = self.add_weight((self.heads, self.units), name="vectors")
        if self.projects:
            size = self.heads * memory if self.combine == "concatenate" else memory
            output = query if self.add_and_norm else memory
            self.output_kernel = self.add_weight((size, output), name="output_kernel")
        if self.add_and_norm:
            self.norm.build((None, None, query))

    def call(self, query, memory, mask=None, keys=None):
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        hidden = additive_hidden(queries, keys, self.query_kernel)  # (B, T, S, K A)
        hidden = ops.reshape(hidden, (*ops.shape(hidden)[:-1], self.heads, self.units))
        scores = ops.sum(hidden * self.vectors, axis=-1)  # (B, T, S, K)
        scores = ops.transpose(scores, (0, 1, 3, 2))  # (B, T, K, S)
        weights = ops.cast(masked_softmax(scores, mask[:, None]), memory.dtype)
        context = self.combined(weights, memory)
        if self.add_and_norm:
            context = self.norm(queries + context)
        return like_query(query, context, weights)

    def combined(self, weights, memory):
        """The context of all heads, `(B, T, D)`, or `(B, T, H)` to be added to the query."""
        if self.combine == "sum":
            context = ops.sum(weights, axis=2) @ memory
        else:
            batch, steps, heads, source = ops.shape(weights)
            rows = ops.reshape(weights, (batch, steps * heads, source))
            context = ops.reshape(rows @ memory, (batch, steps, self.heads * self.memory_size))
        return product(context, self.output_kernel) if self.projects else context

    def get_config(self):
        return {
            **super().get_config(),
            "heads": self.heads,
            "units": self.units,
            "combine": self.combine,
            "add_and_norm": self.add_and_norm,
        }
