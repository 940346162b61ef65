"""Word vectors from characters, by a convolution."""

import keras
from keras import ops

from zoo.layers._checks import check_positive


@keras.saving.register_keras_serializable("zoo")
class CharCNN(keras.layers.Layer):
    """A word vector from the characters of a word: a convolution, then the maximum over places.

        y_i = b + sum_{|j| <= k // 2} e(c_{i + j}) W_j      with e = 0 outside of the word
        x   = max_{1 <= i <= n} y_i

    for the `n` characters of a word. A word without any, which is padding, has the vector 0.

    Args:
        vocabulary_size: Number of character ids; 0 is padding.
        embedding_dim: Size of a character embedding.
        filters: Size `F` of the word vector.
        kernel_size: Odd number `k` of characters that a filter sees.

    Call arguments:
        inputs: Integer tensor `(B, T, L)`, or of any other shape that ends with the characters of
            a word: ids, padded on the right by 0.

    Returns:
        Float tensor `(B, T, F)`.

    Errors:
        ValueError: If a size is not positive, or `kernel_size` is even.

    Example:
        >>> tuple(CharCNN(256, filters=30)(ops.ones((2, 5, 12), dtype="int32")).shape)
        (2, 5, 30)

    Reference: Ma and Hovy 2016, arXiv:1603.01354, section 2.1.
    """

    def __init__(self, vocabulary_size, embedding_dim=32, filters=64, *, kernel_size=3, **kwargs):
        super().__init__(**kwargs)
        check_positive(
            vocabulary_size=vocabulary_size,
            embedding_dim=embedding_dim,
            filters=filters,
            kernel_size=kernel_size,
        )
        if kernel_size % 2 == 0:
            raise ValueError(f"`kernel_size` must be odd, got {kernel_size}.")
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.filters = filters
        self.kernel_size = kernel_size

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            (self.vocabulary_size, self.embedding_dim),
            keras.initializers.RandomUniform(-0.5, 0.5),
            name="embeddings",
        )
        self.kernel = self.add_weight(
            (self.kernel_size, self.embedding_dim, self.filters), name="kernel"
        )
        self.bias = self.add_weight((self.filters,), "zeros", name="bias")

    def call(self, inputs):
        ids = ops.cast(inputs, "int32")
        length = ops.shape(ids)[-1]
        ids = ops.reshape(ids, (-1, length))  # (N, L)
        valid = ops.cast(ids != 0, self.compute_dtype)[..., None]  # (N, L, 1)
        x = ops.take(self.embeddings, ids, axis=0) * valid  # (N, L, E)
        x = ops.conv(x, self.kernel, padding="same") + self.bias  # (N, L, F)
        lowest = ops.cast(-60000, x.dtype)  # the lowest round number of float16
        x = ops.max(ops.where(valid > 0, x, lowest), axis=1)  # (N, F)
        x = x * valid[:, 0]
        return ops.reshape(x, (*ops.shape(inputs)[:-1], self.filters))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "filters": self.filters,
            "kernel_size": self.kernel_size,
        }
