"""Sentence vectors from words, weighted by their places."""

import keras
from keras import ops

from zoo.layers._masks import prepare_mask


@keras.saving.register_keras_serializable("zoo")
class PositionEncoding(keras.layers.Layer):
    """A sum of the words of a sentence, in which each place weighs each feature in its own way.

        l_kj = (1 - j/J) - (k/d) (1 - 2 j/J)
        y_k  = sum_j l_kj x_jk

    for the words `x_j` of a sentence, `j` from 1 to its number `J` of words, and their features
    `k` from 1 to `d`. So the order of words counts, which it does not in a plain sum. Nothing is
    learnt; see `MultiplicativeEncoding` for weights that are.

    Call arguments:
        inputs: Float tensor `(..., L, D)`, the words of sentences.
        mask: Boolean tensor `(..., L)`, true for words, on the left; or `None`.

    Returns:
        Float tensor `(..., D)`; zero for a sentence without words.

    Errors:
        ValueError: If `mask` has not the shape of `inputs` without its last axis.

    Example:
        >>> tuple(PositionEncoding()(ops.ones((2, 3, 5, 8))).shape)
        (2, 3, 8)

    Reference: Sukhbaatar et al. 2015, arXiv:1503.08895, section 4.1.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        mask = ops.cast(prepare_mask(inputs, mask), "float32")[..., None]  # (..., L, 1)
        length, features = ops.shape(inputs)[-2], inputs.shape[-1]
        count = ops.maximum(ops.sum(mask, axis=-2, keepdims=True), 1.0)  # (..., 1, 1)
        place = ops.arange(1, length + 1, dtype="float32")[:, None] / count  # j/J (..., L, 1)
        feature = ops.arange(1, features + 1, dtype="float32") / features  # k/d (D,)
        weights = (1 - place - feature * (1 - 2 * place)) * mask  # (..., L, D)
        return ops.sum(ops.cast(weights, inputs.dtype) * inputs, axis=-2)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-2], input_shape[-1])

    def get_config(self):
        return super().get_config()  # Keras' own way refuses a policy object
