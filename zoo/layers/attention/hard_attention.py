"""Attention to one place, drawn at random in training."""

import keras
from keras import ops

from zoo.layers._checks import check_choice, check_shape, check_units
from zoo.layers.attention._attention import (
    Attention,
    additive_scores,
    attend,
    masked_scores,
    masked_softmax,
)

ESTIMATORS = ("straight_through", "score_function")


@keras.saving.register_keras_serializable("zoo")
class HardAttention(Attention):
    """Attention to a single place: drawn in training, the likeliest one in inference.

        e_i = v^T tanh(W s + U a_i)
        p   = softmax(e),  over the places whose mask is true
        i   ~ p in training,  else argmax_i p_i
        z   = a_i

    for the query `s`, a decoder's state, and the memory `a`. A draw has no gradient. Estimators:

    - "straight_through": the weights are the one-hot vector of `i` forwards and `p` backwards.
      Nothing else is to be done; the gradient is biased.
    - "score_function" (REINFORCE, the paper's): the weights have no gradient, and the loss needs
      `log p_i`, which `log_probability` gives. With `L` the costs of the samples and `b` any
      baseline that does not depend on them, a running mean of `L` say, the gradient of

          mean(L + stop_gradient(L - b) * log p_i)

      is that of the expected cost, without bias. The paper adds the entropy of `p`.

    `keys = layer.project(memory)` is the part `U a` that no query changes: a decoder's loop
    computes it once.

    Args:
        units: Size `A` of the hidden layer.
        estimator: "straight_through" or "score_function".
        seed: Integer that fixes what is drawn.

    Call arguments:
        query: Float tensor `(B, H)` for one step, or `(B, T, H)` for all.
        memory: Float tensor `(B, S, D)`.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: Float tensor `(B, S, A)` from `project(memory)`; computed here without it.
        training: Whether to draw; a step is drawn by itself.

    Returns:
        The context `z`, `(B, D)` or `(B, T, D)`, and the weights `(B, S)` or `(B, T, S)`: 1 at the
        place `i` and 0 elsewhere. In a row without a valid place both are 0. The softmax runs in
        float32 at least. No mask is passed on.

    Errors:
        ValueError: If `units` is not positive, `estimator` is neither of the two, or tensors do
            not have these shapes.

    Example:
        >>> attention = HardAttention(8, estimator="score_function")
        >>> query, memory, baseline = ops.ones((2, 6)), ops.ones((2, 5, 4)), 0.5
        >>> context, weights = attention(query, memory, training=True)
        >>> costs = ops.mean(ops.square(context), axis=-1)  # (2,)
        >>> log_p = attention.log_probability(query, memory, weights)  # (2,)
        >>> loss = ops.mean(costs + ops.stop_gradient(costs - baseline) * log_p)

    Reference: Xu et al. 2015, arXiv:1502.03044, section 4.1; Bengio et al. 2013, arXiv:1308.3432
    (straight-through).
    """

    def __init__(self, units, *, estimator="straight_through", seed=None, **kwargs):
        super().__init__(**kwargs)
        check_units(units)
        check_choice("estimator", estimator, ESTIMATORS)
        self.units = units
        self.estimator = estimator
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        self.query_kernel = self.add_weight((self.query_size, self.units), name="query_kernel")
        self.memory_kernel = self.add_weight((self.memory_size, self.units), name="memory_kernel")
        self.vector = self.add_weight((self.units, 1), name="vector")

    def call(self, query, memory, mask=None, keys=None, training=False):
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        scores = additive_scores(queries, keys, self.query_kernel, self.vector)  # (B, T, S)
        logits = masked_scores(scores, mask)
        places = self.draw(logits) if training else ops.argmax(logits, axis=-1)  # (B, T)
        weights = ops.one_hot(places, ops.shape(logits)[-1], dtype=logits.dtype)
        weights = ops.where(mask, weights, 0.0)
        if self.estimator == "straight_through":
            soft = masked_softmax(scores, mask)
            weights = weights + (soft - ops.stop_gradient(soft))
        return attend(query, memory, weights)

    def draw(self, logits):
        """A place `(B, T)` for each row of `(B, T, S)`."""
        rows = ops.reshape(logits, (-1, ops.shape(logits)[-1]))
        places = keras.random.categorical(rows, 1, seed=self.seed_generator)
        return ops.reshape(places, ops.shape(logits)[:-1])

    def log_probability(self, query, memory, weights, mask=None, keys=None):
        """`log p_i` of the places that a call gave, or of any others, with its gradient.

        Args:
            query, memory, mask, keys: Those of the call.
            weights: Float tensor `(B, S)` or `(B, T, S)`, 1 at the place `i` and 0 elsewhere.

        Returns:
            Float tensor `(B,)` or `(B, T)`, in float32 at least; 0 where no place is valid.

        Errors:
            ValueError: If tensors do not have these shapes, or are symbolic.
        """
        query, memory = (ops.cast(each, self.compute_dtype) for each in (query, memory))
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        expected = (*query.shape[:-1], memory.shape[1])
        check_shape("weights", weights, expected, "(batch, source) or (batch, time, source)")
        scores = additive_scores(queries, keys, self.query_kernel, self.vector)  # (B, T, S)
        log_p = ops.log_softmax(masked_scores(scores, mask), axis=-1)
        chosen = ops.stop_gradient(ops.cast(weights, log_p.dtype))
        log_p = log_p[:, 0] if len(query.shape) == 2 else log_p
        return ops.sum(ops.where(chosen > 0, log_p, 0.0) * chosen, axis=-1)

    def get_config(self):
        config = {"units": self.units, "estimator": self.estimator, "seed": self.seed}
        return {**super().get_config(), **config}
