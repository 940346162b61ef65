"""Word vectors from characters, by a recurrent network."""

import keras
from keras import ops

from zoo.layers._checks import check_positive
from zoo.layers.lstm import LSTM


@keras.saving.register_keras_serializable("zoo")
class CharRNN(keras.layers.Layer):
    """A word vector from the characters of a word: the last states of two LSTMs.

        f_i = LSTM_f(e(c_i), f_{i-1})      from the first character to the last
        b_i = LSTM_b(e(c_i), b_{i+1})      from the last character to the first
        x   = [f_n; b_1]

    for the `n` characters of a word, both states being 0 outside of it. A word without any, which
    is padding, has the vector 0. Each step is that of `LSTMCell`, which has the equations.

    Args:
        vocabulary_size: Number of character ids; 0 is padding.
        embedding_dim: Size `E` of a character embedding `e`.
        units: Size `H` of the state of one direction.

    Call arguments:
        inputs: Integer tensor `(B, T, L)`, or of any other shape that ends with the characters
            of a word: ids, padded on the right by 0. The ids are their own mask: more padding, of
            characters or of words, changes no vector.

    Returns:
        Float tensor `(B, T, 2H)`.

    Errors:
        ValueError: If a size is not positive.

    Example:
        >>> tuple(CharRNN(256, units=16)(ops.ones((2, 5, 12), dtype="int32")).shape)
        (2, 5, 32)

    Reference: Lample et al. 2016, arXiv:1603.01360, section 4.1.
    """

    def __init__(self, vocabulary_size, embedding_dim=32, units=32, **kwargs):
        super().__init__(**kwargs)
        check_positive(vocabulary_size=vocabulary_size, embedding_dim=embedding_dim, units=units)
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.directions = [
            LSTM(units, name="forward", **options),
            LSTM(units, go_backwards=True, name="backward", **options),
        ]

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            (self.vocabulary_size, self.embedding_dim),
            keras.initializers.RandomUniform(-0.5, 0.5),
            name="embeddings",
        )
        for direction in self.directions:
            direction.build((None, None, self.embedding_dim))

    def call(self, inputs):
        inputs = ops.cast(inputs, "int32")
        words = ops.reshape(inputs, (-1, ops.shape(inputs)[-1]))  # (N, L)
        mask = words != 0
        x = ops.take(self.embeddings, words, axis=0)  # (N, L, E)
        states = [direction(x, mask=mask) for direction in self.directions]
        x = ops.concatenate(states, axis=-1)  # (N, 2H), 0 where the mask is false throughout
        return ops.reshape(x, (*ops.shape(inputs)[:-1], 2 * self.units))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
        }
