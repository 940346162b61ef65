"""The sentence encodings, against their equations in NumPy."""

import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from zoo.layers import MultiplicativeEncoding, PositionEncoding

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(2, 3, 5, 4)).astype("float32")
LENGTHS = np.array([[5, 2, 1], [3, 4, 0]])
MASK = np.arange(5) < LENGTHS[..., None]


def test_position_encoding():
    expected = np.zeros((2, 3, 4))
    for row in np.ndindex(2, 3):
        J, d = LENGTHS[row], 4
        for j in range(1, J + 1):
            for k in range(1, d + 1):
                weight = (1 - j / J) - (k / d) * (1 - 2 * j / J)
                expected[row][k - 1] += weight * INPUTS[row][j - 1, k - 1]
    np.testing.assert_allclose(PositionEncoding()(INPUTS, mask=MASK), expected, 1e-5, 1e-6)
    assert np.all(expected[1, 2] == 0)
    without = PositionEncoding()(INPUTS[:1, :1])
    np.testing.assert_allclose(without, expected[:1, :1], 1e-5, 1e-6)


def test_the_order_of_words_counts():
    backwards = PositionEncoding()(INPUTS[:, :, ::-1])
    assert not np.allclose(backwards, PositionEncoding()(INPUTS))


@pytest.mark.parametrize("places", [5, 3])
def test_multiplicative_encoding(places):
    layer = MultiplicativeEncoding(places)
    np.testing.assert_allclose(layer(INPUTS), INPUTS.sum(axis=-2), 1e-5)  # before any training
    randomize_weights(layer)
    (f,) = layer.get_weights()
    expected = np.zeros((2, 3, 4))
    for row in np.ndindex(2, 3):
        for j in range(LENGTHS[row]):
            expected[row] += f[min(j, places - 1)] * INPUTS[row][j]
    np.testing.assert_allclose(layer(INPUTS, mask=MASK), expected, 1e-5, 1e-6)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`max_length` must be a positive integer, got 0"):
        MultiplicativeEncoding(0)
