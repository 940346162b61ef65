"""Reasoning on pairs of objects."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape


@keras.saving.register_keras_serializable("zoo")
class RelationNetwork(keras.layers.Layer):
    """What a network finds in each pair of objects in view of a question, summed.

        r_ij = g([o_i; o_j; q]),   g(x) = relu(... relu(x W_1 + b_1) ... W_n + b_n)
        y    = sum_i sum_j r_ij

    for the objects `o_i` and the question `q`. All ordered pairs count, an object with itself too.
    `W_1` is kept as its three parts, so that its products are made for the objects and not for the
    pairs of them. All pairs take memory in `(B, N, N, H)`.

    Args:
        units: Size `H` of each layer of `g`.
        depth: Number `n` of its layers.

    Call arguments:
        objects: Float tensor `(B, N, D)`.
        query: Float tensor `(B, Q)`.
        mask: Boolean tensor `(B, N)`, true for objects that count, or `None`.

    Returns:
        Float tensor `(B, H)`; zero in a row without objects.

    Errors:
        ValueError: If `units` or `depth` is not positive, or tensors do not have these shapes.

    Example:
        >>> tuple(RelationNetwork(6)(ops.ones((2, 3, 4)), ops.ones((2, 5))).shape)
        (2, 6)

    Reference: Santoro et al. 2017, arXiv:1706.01427, section 2.
    """

    def __init__(self, units, depth=3, **kwargs):
        super().__init__(**kwargs)
        check_positive(units=units, depth=depth)
        self.units = units
        self.depth = depth
        self.supports_masking = True
        self.upper = [
            keras.layers.Dense(units, "relu", dtype=self.dtype_policy, name=f"dense_{index}")
            for index in range(2, depth + 1)
        ]

    def build(self, objects_shape, query_shape):
        self.size, self.query_size = objects_shape[-1], query_shape[-1]
        self.left_kernel = self.add_weight((self.size, self.units), name="left_kernel")
        self.right_kernel = self.add_weight((self.size, self.units), name="right_kernel")
        self.query_kernel = self.add_weight((self.query_size, self.units), name="query_kernel")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")
        for dense in self.upper:
            dense.build((None, None, None, self.units))

    def call(self, objects, query, mask=None):
        batch, count = objects.shape[:2]
        check_shape("objects", objects, (batch, None, self.size), "(batch, objects, size)")
        check_shape("query", query, (batch, self.query_size), "(batch, size)")
        left = ops.matmul(objects, self.left_kernel)[:, :, None]  # (B, N, 1, H)
        right = ops.matmul(objects, self.right_kernel)[:, None]  # (B, 1, N, H)
        asked = ops.matmul(query, self.query_kernel)[:, None, None]  # (B, 1, 1, H)
        pairs = ops.relu(left + right + asked + self.bias)  # (B, N, N, H)
        for dense in self.upper:
            pairs = dense(pairs)
        if mask is not None:
            check_shape("mask", mask, (batch, count), "(batch, objects)")
            mask = ops.cast(mask, pairs.dtype)
            pairs = pairs * mask[:, :, None, None] * mask[:, None, :, None]
        return ops.sum(pairs, axis=(1, 2))

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        return {**super().get_config(), "units": self.units, "depth": self.depth}
