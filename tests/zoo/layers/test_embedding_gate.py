"""EmbeddingGate, against its equations in NumPy."""

import keras
import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from tests.zoo.layers.equations import sigmoid
from zoo.layers import EmbeddingGate

RNG = np.random.default_rng(0)
WORDS = RNG.normal(size=(3, 6, 4)).astype("float32")
CHARACTERS = RNG.normal(size=(3, 6, 5)).astype("float32")


def gate_layer(**options):
    layer = EmbeddingGate(**options)
    layer.build(WORDS.shape, CHARACTERS.shape)
    randomize_weights(layer)
    return layer


def test_equations():
    layer = gate_layer(return_gate=True)
    w_m, b_m, w_1, w_2, w_3 = layer.get_weights()
    assert np.all(b_m)
    joined, gate = layer(WORDS, CHARACTERS)
    m = np.tanh(CHARACTERS @ w_m + b_m)
    z = sigmoid(np.tanh(WORDS @ w_1 + m @ w_2) @ w_3)
    np.testing.assert_allclose(gate, z, 1e-5, 1e-6)
    np.testing.assert_allclose(joined, z * WORDS + (1 - z) * m, 1e-5, 1e-6)
    np.testing.assert_array_equal(gate_layer()(WORDS, CHARACTERS), joined)


def test_mask_is_passed_on():
    ids = np.array([[3, 1, 0], [2, 0, 0]])
    words = keras.layers.Embedding(4, 4, mask_zero=True)(ids)
    for layer in (gate_layer(), gate_layer(return_gate=True)):
        for output in keras.tree.flatten(layer(words, CHARACTERS[:2, :3])):
            np.testing.assert_array_equal(keras.src.backend.get_keras_mask(output), ids != 0)


@pytest.mark.parametrize("shape", [(3, 5, 5), (2, 6, 5), (3, 5)])
def test_shapes_are_checked(shape):
    with pytest.raises(ValueError, match=r"`characters` must have the shape of `words`"):
        EmbeddingGate()(WORDS, np.zeros(shape, "float32"))
