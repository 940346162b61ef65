"""What dtypes heads and optimizers have over a backbone of any dtype policy."""

import keras


def head_dtype(backbone):
    """Dtype of a head over a backbone: that of its weights.

    Under mixed precision this is float32, and the head computes in it, too. Under a pure policy,
    such as float64, weights of another dtype would stop the clipping of the gradient, whose norm
    is that of all weights.
    """
    return backbone.variable_dtype


def precise_dtype(backbone):
    """Dtype of what a head gives: that of the backbone's weights, but float32 at least."""
    return keras.backend.result_type(head_dtype(backbone), "float32")


def probabilities(x, backbone, count):
    """`softmax(x W + b)`: the head of classifiers, `(B, count)`, in float32 at least."""
    logits = keras.layers.Dense(count, dtype=head_dtype(backbone), name="probabilities")(x)
    return keras.layers.Softmax(dtype=precise_dtype(backbone), name="softmax")(logits)


def default_optimizer(backbone):
    """Adam, with the gradient clipped, and an epsilon that the backbone's dtype can tell from 0."""
    epsilon = 1e-4 if head_dtype(backbone) == "float16" else 1e-7
    return keras.optimizers.Adam(1e-3, epsilon=epsilon, global_clipnorm=1.0)
