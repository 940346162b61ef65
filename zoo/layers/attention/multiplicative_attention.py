"""Attention by a product of query and memory."""

import keras

from zoo.layers._checks import check_choice
from zoo.layers.attention._attention import (
    Attention,
    additive_scores,
    attend,
    masked_softmax,
    multiplicative_scores,
)

SCORES = ("dot", "general", "concat")


@keras.saving.register_keras_serializable("zoo")
class MultiplicativeAttention(Attention):
    """Global attention with one of three scores.

        score(h_t, h_s) = h_t^T h_s                        dot
                        = h_t^T W_a h_s                    general
                        = v_a^T tanh(W_a [h_t; h_s])       concat
        a_t(s) = softmax_s(score(h_t, h_s)),  over the places whose mask is true
        c_t    = sum_s a_t(s) h_s

    for the query `h_t`, a decoder's state, and the memory `h_s`, the states of an encoder. The
    hidden layer of "concat", whose size the paper leaves open, has the size `H` of the query, and
    its `W_a` is kept as the two parts for `h_t` and for `h_s`.

    `keys = layer.project(memory)` is the part that no query changes, as `W_a h_s`: a decoder's
    loop computes it once. "concat" takes memory in `(B, T, S, H)`, the others in `(B, T, S)`.

    Args:
        score: "dot", "general" or "concat". "dot" wants `H = D`.

    Call arguments:
        query: Float tensor `(B, H)` for one step, or `(B, T, H)` for all.
        memory: Float tensor `(B, S, D)`.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: Float tensor `(B, S, H)` from `project(memory)`; computed here without it.

    Returns:
        The context `(B, D)` or `(B, T, D)`, and the weights `(B, S)` or `(B, T, S)`. The weights
        sum to 1 over valid places and are 0 elsewhere; in a row without a valid place both are 0.
        The softmax runs in float32 at least. No mask is passed on.

    Errors:
        ValueError: If `score` is none of the three, the sizes do not agree for "dot", or tensors
            do not have these shapes.

    Example:
        >>> attention = MultiplicativeAttention("general")
        >>> context, weights = attention(keras.ops.ones((2, 3, 6)), keras.ops.ones((2, 5, 4)))
        >>> tuple(context.shape), tuple(weights.shape)
        ((2, 3, 4), (2, 3, 5))

    Reference: Luong et al. 2015, arXiv:1508.04025, section 3.1.
    """

    def __init__(self, score="general", **kwargs):
        super().__init__(**kwargs)
        check_choice("score", score, SCORES)
        self.score = score

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        query, memory = self.query_size, self.memory_size
        if self.score == "dot":
            if query != memory:
                raise ValueError(
                    "`query` and `memory` must be of the same size for the score 'dot', "
                    f"got {query} and {memory}."
                )
            return
        self.memory_kernel = self.add_weight((memory, query), name="memory_kernel")
        if self.score == "concat":
            self.query_kernel = self.add_weight((query, query), name="query_kernel")
            self.vector = self.add_weight((query, 1), name="vector")

    def call(self, query, memory, mask=None, keys=None):
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        if self.score == "concat":
            scores = additive_scores(queries, keys, self.query_kernel, self.vector)
        else:
            scores = multiplicative_scores(queries, keys)  # (B, T, S)
        return attend(query, memory, masked_softmax(scores, mask))

    def get_config(self):
        return {**super().get_config(), "score": self.score}
