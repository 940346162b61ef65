"""SampledSoftmax: its distribution, and that it estimates the full softmax."""

import keras
import numpy as np
import pytest

from zoo.layers import SampledSoftmax

RNG = np.random.default_rng(0)
V, E, N = 12, 5, 7
HIDDEN = RNG.normal(size=(N, E)).astype("float32")
EMBEDDINGS = RNG.normal(size=(V, E)).astype("float32")
TARGETS = RNG.integers(V, size=N)


def test_sample_follows_the_log_uniform_distribution():
    layer = SampledSoftmax(V, samples=200_000, seed=0)
    ids = keras.ops.convert_to_numpy(layer.sample())
    words = np.arange(V)
    expected = np.log((words + 2) / (words + 1)) / np.log(V + 1)
    np.testing.assert_allclose(expected.sum(), 1)
    np.testing.assert_allclose(np.bincount(ids, minlength=V) / len(ids), expected, atol=0.005)


def test_many_samples_give_the_full_softmax():
    layer = SampledSoftmax(V, samples=200_000, seed=0)
    layer.build((N, E))
    bias = RNG.normal(size=V).astype("float32")
    layer.set_weights([bias, *layer.get_weights()[1:]])
    losses = layer(HIDDEN, targets=TARGETS, embeddings=EMBEDDINGS)
    scores = HIDDEN @ EMBEDDINGS.T + bias
    full = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(N), TARGETS]
    np.testing.assert_allclose(losses, full, atol=0.03)


def test_equation_with_few_samples():
    layer = SampledSoftmax(V, samples=4, seed=3)
    layer.build((N, E))
    again = SampledSoftmax(V, samples=4, seed=3)
    ids = keras.ops.convert_to_numpy(again.sample())
    losses = layer(HIDDEN, targets=TARGETS, embeddings=EMBEDDINGS)

    def weighted(row, word):
        probability = np.log((word + 2) / (word + 1)) / np.log(V + 1)
        return np.exp(row @ EMBEDDINGS[word]) / (4 * probability)

    for row, target, loss in zip(HIDDEN, TARGETS, losses):
        own = row @ EMBEDDINGS[target]
        others = sum(weighted(row, word) for word in ids if word != target)
        expected = np.log(np.exp(own) + others) - own
        np.testing.assert_allclose(loss, expected, rtol=1e-4)


@pytest.mark.parametrize("name", ["vocabulary_size", "samples"])
def test_sizes_are_checked(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer, got 0"):
        SampledSoftmax(**{"vocabulary_size": 4, "samples": 2, name: 0})
