"""Attention over time with a learned query."""

import keras
from keras import ops

from zoo.layers._checks import check_units
from zoo.layers._masks import prepare_mask
from zoo.layers._products import product


@keras.saving.register_keras_serializable("zoo")
class AttentionPooling(keras.layers.Layer):
    """A mean of the valid steps, weighted by how much each matters.

        u_t = tanh(s_t W + b)
        a_t = softmax_t(u_t . q),  over the steps whose mask is true
        y   = sum_t a_t s_t

    Args:
        units: Size `A` of the hidden layer `u`.
        return_weights: Whether to return the weights `a` as well.

    Call arguments:
        inputs: Float tensor `(B, T, D)`.
        mask: Boolean tensor `(B, T)`, true for valid steps, or `None`. In a
            row without a valid step all steps weigh the same.

    Returns:
        Float tensor `(B, D)`; with `return_weights` also the weights `(B, T)`.
        The softmax runs in float32 at least.

    Errors:
        ValueError: If `units` is not positive.

    Example:
        >>> tuple(AttentionPooling(8)(ops.ones((2, 5, 4))).shape)
        (2, 4)

    Reference: Yang et al. 2016, "Hierarchical Attention Networks for Document
    Classification", equations 5 to 7.
    """

    def __init__(self, units, return_weights=False, **kwargs):
        super().__init__(**kwargs)
        check_units(units)
        self.units = units
        self.return_weights = return_weights
        self.supports_masking = True

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")
        self.query = self.add_weight((self.units, 1), name="query")

    def call(self, inputs, mask=None):
        hidden = ops.tanh(product(inputs, self.kernel) + self.bias)  # (B, T, A)
        scores = (hidden @ self.query)[:, :, 0]  # (B, T)
        scores = ops.cast(scores, keras.backend.result_type(scores.dtype, "float32"))
        scores = ops.where(prepare_mask(inputs, mask), scores, -1e9)
        weights = ops.cast(ops.softmax(scores, axis=-1), inputs.dtype)
        pooled = ops.sum(weights[:, :, None] * inputs, axis=1)  # (B, D)
        return (pooled, weights) if self.return_weights else pooled

    def compute_mask(self, inputs, mask=None):
        return (None, None) if self.return_weights else None

    def compute_output_shape(self, input_shape):
        pooled = (input_shape[0], input_shape[-1])
        return (pooled, tuple(input_shape[:2])) if self.return_weights else pooled

    def get_config(self):
        config = {"units": self.units, "return_weights": self.return_weights}
        return {**super().get_config(), **config}
