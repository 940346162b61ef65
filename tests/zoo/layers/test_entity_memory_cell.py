"""EntityMemoryCell, against its equations in NumPy."""

import keras
import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from tests.zoo.layers.equations import sigmoid
from zoo.layers import EntityMemoryCell

N, H = 3, 4
RNG = np.random.default_rng(0)
SENTENCES = RNG.normal(size=(2, 6, H)).astype("float32")


def memory_cell(use_bias=False):
    cell = EntityMemoryCell(N, H, use_bias=use_bias)
    cell.build((None, H))
    randomize_weights(cell)
    return cell


def normalised(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def step(cell, s, h):
    """The equations, memory by memory."""
    keys, u, v, w, slopes, *biases = (weight.numpy() for weight in cell.trainable_variables)
    a, b_h = biases or (np.zeros((N, 1)), np.zeros(H))
    new = np.zeros_like(h)
    for b, j in np.ndindex(len(h), N):
        gate = sigmoid(s[b] @ h[b, j] + s[b] @ keys[j] + a[j])
        hidden = h[b, j] @ u + keys[j] @ v + s[b] @ w + b_h
        new[b, j] = h[b, j] + gate * np.where(hidden > 0, hidden, slopes * hidden)
    return normalised(new)


@pytest.mark.parametrize("use_bias", [False, True])
def test_equations(use_bias):
    cell = memory_cell(use_bias)
    assert len(cell.weights) == 5 + 2 * use_bias
    h = RNG.normal(size=(2, N, H)).astype("float32")
    states = [h.reshape(2, -1)]
    for t in range(6):
        output, states = cell(SENTENCES[:, t], states)
        h = step(cell, SENTENCES[:, t], h)
        np.testing.assert_allclose(output, h.reshape(2, -1), 1e-4, 1e-5)


def test_memories_begin_with_their_keys():
    """And a story that is padded ends as it does without."""
    cell = memory_cell()
    h = np.tile(normalised(cell.keys.numpy()), (2, 1, 1))
    for t in range(4):
        h = step(cell, SENTENCES[:, t], h)
    mask = np.arange(6)[None] < np.array([[4], [4]])
    layer = keras.layers.RNN(cell)
    for output in (layer(SENTENCES[:, :4]), layer(SENTENCES, mask=mask)):
        np.testing.assert_allclose(output, h.reshape(2, -1), 1e-4, 1e-5)


def test_a_shut_gate_keeps_the_memory():
    cell = memory_cell()
    memories = normalised(RNG.normal(size=(1, N, H))).astype("float32")
    cell.keys.assign(-100 * memories[0])  # for a sentence that is the memory, far below zero
    sentence = memories[:, 0]
    output, _ = cell(sentence, [memories.reshape(1, -1)])
    np.testing.assert_allclose(np.reshape(output, (N, H))[0], memories[0, 0], 1e-4, 1e-5)


def test_errors():
    with pytest.raises(ValueError, match="`slots` must be a positive integer, got 0"):
        EntityMemoryCell(0, 4)
    with pytest.raises(ValueError, match="`inputs` must have the size of the memories, 4, got 5"):
        EntityMemoryCell(3, 4).build((None, 5))
    with pytest.raises(ValueError, match="`states` must have the shape"):
        memory_cell()(SENTENCES[:, 0], [np.zeros((2, H), "float32")])
