"""Sentence vectors from words, weighted by what is learnt of their places."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._masks import prepare_mask


@keras.saving.register_keras_serializable("zoo")
class MultiplicativeEncoding(keras.layers.Layer):
    """A sum of the words of a sentence, each times a learnt vector of its place.

        y = sum_j f_j * x_j

    for the words `x_j` of a sentence. The `f_j` are 1 at first by default, so that training begins
    with a plain sum. See `PositionEncoding` for weights that are not learnt.

    Args:
        max_length: Number `M` of places. Words from the last one on share its vector.
        initializer: Of the `f`.

    Call arguments:
        inputs: Float tensor `(..., L, D)`, the words of sentences.
        mask: Boolean tensor `(..., L)`, true for words; or `None`.

    Returns:
        Float tensor `(..., D)`; zero for a sentence without words.

    Errors:
        ValueError: If `max_length` is not positive, or `mask` has not the shape of `inputs`
            without its last axis.

    Example:
        >>> tuple(MultiplicativeEncoding(7)(ops.ones((2, 3, 5, 8))).shape)
        (2, 3, 8)

    Reference: Henaff et al. 2017, arXiv:1612.03969, section 2.1.
    """

    def __init__(self, max_length, initializer="ones", **kwargs):
        super().__init__(**kwargs)
        check_positive(max_length=max_length)
        self.max_length = max_length
        self.initializer = keras.initializers.get(initializer)
        self.supports_masking = True

    def build(self, input_shape):
        self.features = input_shape[-1]
        shape = (self.max_length, self.features)
        self.places = self.add_weight(shape, self.initializer, name="places")

    def call(self, inputs, mask=None):
        check_shape("inputs", inputs[..., 0, :], (*inputs.shape[:-2], self.features), "(..., size)")
        mask = ops.cast(prepare_mask(inputs, mask), inputs.dtype)[..., None]  # (..., L, 1)
        place = ops.minimum(ops.arange(ops.shape(inputs)[-2], dtype="int32"), self.max_length - 1)
        weights = ops.take(self.places, place, axis=0)  # (L, D)
        return ops.sum(weights * (inputs * mask), axis=-2)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-2], input_shape[-1])

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "initializer": initializer,
        }
