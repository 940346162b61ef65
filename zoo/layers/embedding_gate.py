"""Word and character vectors, joined by a gate."""

import keras
from keras import ops

from zoo.layers._checks import check_shape


@keras.saving.register_keras_serializable("zoo")
class EmbeddingGate(keras.layers.Layer):
    """A word's own vector `x` and one made of its characters, mixed feature by feature.

        m  = tanh(h W_m + b_m)
        z  = sigmoid(tanh(x W_1 + m W_2) W_3)
        x' = z * x + (1 - z) * m

    The gate can take a frequent word from its embedding and an unknown one from its characters.
    The cost that draws `m` to `x` in the paper's training is not part of this layer. Miyamoto and
    Cho have one gate for all features of a word, which depends on `x` alone.

    Args:
        return_gate: Whether to return the gate `z` as well: 1 where all is of the word vector.

    Call arguments:
        words: Float tensor `(B, T, E)`, the vectors `x`.
        characters: Float tensor `(B, T, C)`, the vectors `h`.

    Returns:
        Float tensor `(B, T, E)`; with `return_gate` also the gate, of the same shape. A mask is
        passed on: each word is joined by itself.

    Errors:
        ValueError: If the two tensors are not of the same words.

    Example:
        >>> tuple(EmbeddingGate()(ops.ones((2, 5, 8)), ops.ones((2, 5, 3))).shape)
        (2, 5, 8)

    Reference: Rei et al. 2016, arXiv:1611.04361, section 4; Miyamoto and Cho 2016,
    arXiv:1606.01700 (one gate a word).
    """

    def __init__(self, *, return_gate=False, **kwargs):
        super().__init__(**kwargs)
        self.return_gate = return_gate

    def build(self, words_shape, characters_shape):
        size, characters = words_shape[-1], characters_shape[-1]
        self.kernel_m = self.add_weight((characters, size), name="kernel_m")
        self.bias_m = self.add_weight((size,), "zeros", name="bias_m")
        self.kernel_1 = self.add_weight((size, size), name="kernel_1")
        self.kernel_2 = self.add_weight((size, size), name="kernel_2")
        self.kernel_3 = self.add_weight((size, size), name="kernel_3")

    def call(self, words, characters):
        expected = (*words.shape[:-1], characters.shape[-1])
        check_shape("characters", characters, expected, "of `words` but for the last axis")
        m = ops.tanh(characters @ self.kernel_m + self.bias_m)  # (B, T, E)
        z = ops.tanh(words @ self.kernel_1 + m @ self.kernel_2)  # (B, T, E)
        z = ops.sigmoid(z @ self.kernel_3)  # (B, T, E)
        joined = z * words + (1 - z) * m
        return (joined, z) if self.return_gate else joined

    def compute_mask(self, words, mask=None):
        return (mask, mask) if self.return_gate else mask

    def get_config(self):
        return {**super().get_config(), "return_gate": self.return_gate}
