"""CharRNN: its equations in NumPy, and what padding must not change."""

import keras
import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from tests.processes import on_jax
from tests.zoo.layers.equations import lstm_step
from zoo.layers import CharRNN

WORDS = [[3, 1, 4, 1, 5, 2, 6], [5], [2, 6, 4, 3, 5], [1, 1], []]
V, E, H = 7, 3, 4


def padded(words, length=7):
    return np.array([word + [0] * (length - len(word)) for word in words], "int32")


@pytest.fixture
def layer():
    layer = CharRNN(V, E, H)
    layer.build((None, None, None))
    randomize_weights(layer)
    return layer


def last_state(ids, embeddings, weights):
    states = [np.zeros((1, H)), np.zeros((1, H))]
    for character in ids:
        states = lstm_step(embeddings[None, character], states, weights)
    return states[0][0]


def test_equations(layer):
    embeddings, *weights = layer.get_weights()
    forward, backward = weights[:3], weights[3:]
    assert all(np.all(weight) for weight in weights)  # biases as well
    vectors = keras.ops.convert_to_numpy(layer(padded(WORDS)[None]))[0]
    assert vectors.shape == (len(WORDS), 2 * H)
    for ids, vector in zip(WORDS, vectors):
        expected = [
            last_state(ids, embeddings, forward),
            last_state(ids[::-1], embeddings, backward),
        ]
        np.testing.assert_allclose(vector, np.concatenate(expected), 1e-5, 1e-6)
    np.testing.assert_array_equal(vectors[-1], 0)


def test_padding_changes_nothing(layer):
    alone = layer(padded(WORDS[:1])[None])[0, 0]
    many = np.zeros((2, 9, 12), "uint8")
    many[1, :5] = padded(WORDS, 12)
    vectors = layer(many)
    np.testing.assert_allclose(vectors[1, 0], alone, 1e-6, 1e-6)
    np.testing.assert_allclose(vectors[1, :5], layer(padded(WORDS)), 1e-6, 1e-6)
    np.testing.assert_array_equal(vectors[0], 0)


def test_any_number_of_words_and_characters(layer):
    inputs = keras.Input((None, None), dtype="int32")
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, None, 2 * H)
    for sizes in [(1, 1, 1), (2, 3, 5), (3, 2, 9)]:
        ids = np.random.default_rng(0).integers(V, size=sizes, dtype="int32")
        np.testing.assert_allclose(model.predict(ids, verbose=0), layer(ids), 1e-5, 1e-6)


def test_it_learns():
    """The first and the last character: one is far from the end of each direction."""
    words = np.random.default_rng(0).integers(1, V, size=(64, 2, 5), dtype="int32")
    is_right = np.float32((words[..., :1] < 4) ^ (words[..., -1:] < 4))
    outputs = keras.layers.Dense(1, "sigmoid")
    model = keras.Sequential([keras.Input((None, 5), dtype="int32"), CharRNN(V, 8, 8), outputs])
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    model.optimizer.build(model.trainable_variables)  # or `fit` traces its step twice
    history = model.fit(words, is_right, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.1 < 0.5 < history[0]


def vectors_of_jax(ids, weights):
    """Before and after a step of training."""
    assert keras.backend.backend() == "jax"
    layer = CharRNN(V, E, H)
    inputs = keras.Input((None, None), dtype="int32")
    model = keras.Model(inputs, layer(inputs))
    layer.set_weights(weights)
    before = model.predict(ids, verbose=0)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.train_on_batch(ids, np.zeros_like(before))
    return before, model.predict(ids, verbose=0)


def test_on_jax(layer):
    """The same vectors, before and after a step of training."""
    ids = padded(WORDS)[None]
    before, after = on_jax(vectors_of_jax, ids, layer.get_weights())

    np.testing.assert_allclose(before, layer(ids), 1e-4, 1e-5)
    model = keras.Sequential([layer])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    model.train_on_batch(ids, np.zeros_like(before))
    np.testing.assert_allclose(after, layer(ids), 1e-4, 1e-5)
    assert np.abs(after - before).max() > 1e-3


@pytest.mark.parametrize("name", ["vocabulary_size", "embedding_dim", "units"])
def test_sizes_are_checked(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer, got 0"):
        CharRNN(**{"vocabulary_size": 5, name: 0})
