"""What the pooling layers share: masks over time."""

from keras import ops


def prepare_mask(inputs, mask):
    """The mask `(B, T)` of steps `(B, T, D)` as booleans; without a mask every step is valid.

    Or that of `(..., L)` of words `(..., L, D)`.
    """
    if mask is None:
        return ops.ones(ops.shape(inputs)[:-1], dtype="bool")
    return ops.cast(mask, "bool")


def last_valid_step(mask):
    """Index `(B,)` of the last true step of each row, 0 where there is none."""
    steps = ops.arange(ops.shape(mask)[1], dtype="int32")
    return ops.max(ops.where(mask, steps, 0), axis=1)
