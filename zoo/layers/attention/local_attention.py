"""Attention to a window of the memory."""

import keras
from keras import ops

from zoo.layers._checks import check_choice, check_positive, check_shape, check_units
from zoo.layers._products import product
from zoo.layers.attention._attention import (
    Attention,
    as_float32,
    attend,
    masked_softmax,
    multiplicative_scores,
)

MODES = ("predictive", "monotonic")


@keras.saving.register_keras_serializable("zoo")
class LocalAttention(Attention):
    """Attention to the places `s` in `[p_t - w, p_t + w]`, around one that goes with the step.

        p_t    = n sigmoid(v_p^T tanh(W_p h_t))                  predictive (local-p)
               = t                                               monotonic (local-m)
        e_t(s) = h_t^T W_a h_s - (s - p_t)^2 / (2 sigma^2)       predictive, with sigma = w / 2
               = h_t^T W_a h_s                                   monotonic
        a_t(s) = softmax_s(e_t(s)),  over the window's places whose mask is true
        c_t    = sum_s a_t(s) h_s

    for the query `h_t`, a decoder's state, and the memory `h_s`, the states of an encoder, with
    `s` and `t` from 0, `w` the window (the paper's `D`), and `n` the row's number of valid places
    (its `S`), the padding being on the right. The Gaussian in `e` multiplies each weight by
    `exp(-(s - p_t)^2 / (2 sigma^2))`, and they sum to 1 again. Those of the paper do not: with
    `normalize=False` they are the softmax of `h_t^T W_a h_s`, times the Gaussian, as they come.

    `keys = layer.project(memory)` is the part `W_a h_s` that no query changes: a decoder's loop
    computes it once. Every place is scored, and the window chosen after that.

    Args:
        window: Half width `w` of the window, a positive integer.
        mode: "predictive" or "monotonic".
        units: Size `A` of the hidden layer that predicts `p_t`, that of the query by default;
            "monotonic" has none.
        normalize: Whether the weights sum to 1, with the Gaussian of "predictive" too.

    Call arguments:
        query: Float tensor `(B, H)` for one step, or `(B, T, H)` for all.
        memory: Float tensor `(B, S, D)`.
        mask: Boolean tensor `(B, S)`, true for the places of the memory that count, or `None`.
        keys: Float tensor `(B, S, H)` from `project(memory)`; computed here without it.
        step: The step `t` of the query, or of the first of its steps: an integer or a tensor of
            them, `()` or `(B,)`; 0 by default for all steps. Only "monotonic" uses it.

    Returns:
        The context `(B, D)` or `(B, T, D)`, and the weights `(B, S)` or `(B, T, S)`. The weights
        are 0 where the mask is false or outside of the window; both are 0 where no valid place is
        in it, as for a monotonic step that is past the end of the memory. Positions and softmax
        are in float32 at least. No mask is passed on.

    Errors:
        ValueError: If `window` or `units` is not positive, `mode` is neither of the two,
            "monotonic" gets a query of one step without `step`, or tensors do not have these
            shapes, `step` that of integers.

    Example:
        >>> attention = LocalAttention(1, mode="monotonic")
        >>> context, weights = attention(ops.ones((1, 6)), ops.ones((1, 4, 2)), step=0)
        >>> ops.convert_to_numpy(weights).tolist()
        [[0.5, 0.5, 0.0, 0.0]]

    Reference: Luong et al. 2015, arXiv:1508.04025, section 3.2.
    """

    def __init__(self, window, *, mode="predictive", units=None, normalize=True, **kwargs):
        super().__init__(**kwargs)
        check_positive(window=window)
        check_choice("mode", mode, MODES)
        if units is not None:
            check_units(units)
        self.window = window
        self.mode = mode
        self.units = units
        self.normalize = normalize

    @property
    def takes_step(self):
        return self.mode == "monotonic"

    def build(self, query_shape, memory_shape):
        super().build(query_shape, memory_shape)
        query, units = self.query_size, self.units or self.query_size
        self.memory_kernel = self.add_weight((self.memory_size, query), name="memory_kernel")
        if self.mode == "predictive":
            self.position_kernel = self.add_weight((query, units), name="position_kernel")
            self.position_vector = self.add_weight((units, 1), name="position_vector")

    def call(self, query, memory, mask=None, keys=None, step=None):
        queries, keys, mask = self.prepare(query, memory, mask, keys)
        predictive = self.mode == "predictive"
        p = self.predicted(queries, mask) if predictive else self.stepped(query, queries, step)
        distance = ops.arange(ops.shape(memory)[1], dtype=p.dtype) - p  # (B, T, S)
        inside = ops.logical_and(mask, ops.abs(distance) <= self.window)
        scores = as_float32(multiplicative_scores(queries, keys))  # (B, T, S)
        if not predictive:
            return attend(query, memory, masked_softmax(scores, inside))
        exponent = -2 * ops.square(distance / self.window)
        if self.normalize:
            return attend(query, memory, masked_softmax(scores + exponent, inside))
        return attend(query, memory, masked_softmax(scores, inside) * ops.exp(exponent))

    def predicted(self, queries, mask):
        """The positions `p_t` that the queries predict, `(B, T, 1)`."""
        hidden = ops.tanh(product(queries, self.position_kernel))  # (B, T, A)
        share = ops.sigmoid(as_float32(hidden @ self.position_vector))  # (B, T, 1)
        return share * ops.sum(ops.cast(mask, share.dtype), axis=-1, keepdims=True)

    def stepped(self, query, queries, step):
        """The positions `p_t` that are the steps themselves, `(B, T, 1)` or `(1, T, 1)`."""
        if step is None:
            if len(query.shape) == 2:
                raise ValueError(
                    "`step` must be given for a `query` of one step with the mode 'monotonic', "
                    "got None."
                )
            step = 0
        step = ops.convert_to_tensor(step)
        if not keras.backend.is_int_dtype(step.dtype):
            raise ValueError(f"`step` must be of integers, got the dtype {step.dtype}.")
        if len(step.shape) != 0:
            check_shape("step", step, (query.shape[0],), "() or (batch,)")
        step = ops.reshape(ops.cast(step, "int32"), (-1, 1, 1))
        steps = step + ops.arange(ops.shape(queries)[1], dtype="int32")[:, None]
        return ops.cast(steps, keras.backend.result_type(self.compute_dtype, "float32"))

    def get_config(self):
        return {
            **super().get_config(),
            "window": self.window,
            "mode": self.mode,
            "units": self.units,
            "normalize": self.normalize,
        }
