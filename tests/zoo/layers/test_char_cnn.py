"""CharCNN: its equations in NumPy, and what padding must not change."""

import keras
import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from zoo.layers import CharCNN

WORDS = [[3, 1, 4, 1, 5, 2, 6], [5], [2, 6, 4, 3, 5], [1, 1], []]
V, E, F = 7, 3, 4


def padded(words, length=7):
    return np.array([word + [0] * (length - len(word)) for word in words], "int32")


def layer(kernel_size=3):
    layer = CharCNN(V, E, F, kernel_size=kernel_size)
    layer.build((None, None, None))
    randomize_weights(layer)
    return layer


def word_vector(ids, embeddings, kernel, bias):
    if not ids:
        return np.zeros(F)
    half = len(kernel) // 2
    places = []
    for i in range(len(ids)):
        y = bias.copy()
        for j in range(-half, half + 1):
            if 0 <= i + j < len(ids):
                y += embeddings[ids[i + j]] @ kernel[j + half]
        places.append(y)
    return np.max(places, axis=0)


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_equations(kernel_size):
    cnn = layer(kernel_size)
    vectors = keras.ops.convert_to_numpy(cnn(padded(WORDS)[None]))[0]
    expected = [word_vector(ids, *cnn.get_weights()) for ids in WORDS]
    np.testing.assert_allclose(vectors, expected, 1e-5, 1e-6)


def test_padding_changes_nothing():
    cnn = layer()
    alone = cnn(padded(WORDS[:1])[None])[0, 0]
    many = np.zeros((2, 9, 12), "uint8")
    many[1, :5] = padded(WORDS, 12)
    vectors = cnn(many)
    np.testing.assert_allclose(vectors[1, 0], alone, 1e-6, 1e-6)
    np.testing.assert_array_equal(vectors[0], 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 2}, "`kernel_size` must be odd, got 2"),
        ({"filters": 0}, "`filters` must be a positive integer, got 0"),
        ({"vocabulary_size": 1.5}, "`vocabulary_size` must be a positive integer, got 1.5"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        CharCNN(**{"vocabulary_size": V, **options})
