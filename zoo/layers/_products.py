"""Products of a weight and tensors of any number of axes, as one product of matrices.

TensorFlow's gradient of `(B, T, D) @ (D, A)` would be made for each row of the batch, and then
summed; a product of `(B, 1, S, D)` and `(D, 1)` overwrites memory on 2.21 (its issue 123109).
"""

from keras import ops


def flat(tensor):
    """Puts all axes but the last into one: `(T, B, N)` to `(T * B, N)`."""
    return ops.reshape(tensor, (-1, tensor.shape[-1]))


def product(tensor, kernel):
    """`(..., D)` times `(D, A)`: `(..., A)`."""
    rows = ops.matmul(flat(tensor), kernel)
    return ops.reshape(rows, (*ops.shape(tensor)[:-1], kernel.shape[-1]))
