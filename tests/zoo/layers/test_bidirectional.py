"""One loop for both directions gives what Keras' wrapper gives with two."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.layers.recurrent_table import LAYERS, B, D, H, T
from tests.zoo.layers.test_recurrence import assert_same, both, gaps, normal, numbers, prefix
from zoo.layers import GRU, LSTM, Bidirectional, SimpleRNN

every_layer = pytest.mark.parametrize("make_layer", LAYERS.values(), ids=LAYERS)


def ours_and_keras(make_layer, dtype="float64", merge_mode="concat", **options):
    """This package's wrapper and Keras', over the same layer with the same random weights."""
    layers = [
        wrapper(make_layer(H, dtype=dtype, seed=1, **options), merge_mode, dtype=dtype)
        for wrapper in (Bidirectional, keras.layers.Bidirectional)
    ]
    for layer in layers:
        layer.build((B, T, D))
        for seed, weight in enumerate(layer.trainable_variables):
            weight.assign(normal(*weight.shape, seed=seed) * 0.5)
    return layers


def states_of(layer, dtype="float64", batch=B):
    count = 2 * len(layer.forward_layer.state_size)
    return [tf.cast(normal(batch, H, seed=seed), dtype) for seed in range(count)]


def loops(layer):
    """How many loops its graph has."""
    graph = tf.function(layer, autograph=False).get_concrete_function(
        tf.TensorSpec((None, None, D))
    )
    return sum(operation.type.endswith("While") for operation in graph.graph.get_operations())


@every_layer
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("mask", [None, both()], ids=["no mask", "prefix and gaps"])
def test_outputs_and_gradients(make_layer, return_sequences, mask):
    ours, theirs = ours_and_keras(make_layer, return_state=True, return_sequences=return_sequences)
    args = normal(2 * B, T, D, seed=5), states_of(ours, batch=2 * B), mask
    expected = numbers(theirs, *args)
    for training in (True, False):
        assert_same(numbers(ours, *args, training), expected)


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "ave", "mul", None])
@pytest.mark.parametrize("return_state", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_merge_modes(merge_mode, return_state, return_sequences):
    ours, theirs = ours_and_keras(
        LSTM, merge_mode=merge_mode, return_state=return_state, return_sequences=return_sequences
    )
    x = normal(B, T, D)
    answers, expected = ours(x, mask=prefix()), theirs(x, mask=prefix())
    keras.tree.assert_same_structure(answers, expected)
    assert_same(answers, expected)


@every_layer
def test_both_directions_are_in_one_loop(make_layer):
    ours, theirs = ours_and_keras(make_layer, "float32")
    assert (loops(ours), loops(theirs)) == (1, 2)


@every_layer
def test_xla_and_free_sizes(make_layer):
    ours, theirs = ours_and_keras(make_layer, "float32", return_sequences=True)
    args = tf.cast(normal(B, T, D), "float32"), states_of(ours, "float32"), gaps()
    expected = numbers(theirs, *args)
    compiled = tf.function(partial(numbers, ours), autograph=False, jit_compile=True)
    assert_same(compiled(*args), expected, 1e-4)
    signature = [tf.TensorSpec((None, None, D)), tf.TensorSpec((None, None), "bool")]
    graph = tf.function(lambda x, mask: ours(x, mask=mask), input_signature=signature)
    for time in (T, 1):
        x, mask = args[0][:, :time], args[2][:, :time]
        assert_same(graph(x, mask), theirs(x, mask=mask), 1e-4)


@every_layer
def test_dropout_is_that_of_the_two_layers(make_layer):
    pair = ours_and_keras(make_layer, dropout=0.5, recurrent_dropout=0.5, return_sequences=True)
    x = normal(B, T, D)
    for _ in range(2):
        answers, expected = (layer(x, training=True) for layer in pair)
        assert_same(answers, expected)
    assert not np.allclose(answers, pair[0](x))


@every_layer
def test_stateful_and_unrolled(make_layer):
    for options in ({"stateful": True}, {"unroll": True}):
        ours, theirs = ours_and_keras(make_layer, **options)
        for seed in range(2):
            x = normal(B, T, D, seed=seed)
            assert_same(ours(x), theirs(x))


def test_directions_of_different_layers():
    backward = GRU(H + 1, return_sequences=True, go_backwards=True)
    layer = Bidirectional(LSTM(H, return_sequences=True), backward_layer=backward)
    plain = keras.layers.Bidirectional(
        LSTM(H, return_sequences=True),
        backward_layer=GRU(H + 1, return_sequences=True, go_backwards=True),
    )
    x = tf.cast(normal(B, T, D), "float32")
    layer(x), plain(x)
    plain.set_weights(layer.get_weights())
    assert_same(layer(x), plain(x), 1e-5)
    assert loops(layer) == 1


def test_what_runs_as_in_keras():
    """Layers of Keras, and those whose own call does more than the loop."""
    x = tf.cast(normal(B, T, D), "float32")
    assert Bidirectional(keras.layers.GRU(H))(x).shape == (B, 2 * H)
    layer = Bidirectional(SimpleRNN(H, activity_regularizer="l2"))
    layer(x)
    assert len(layer.losses) == 2


@every_layer
def test_weights_of_keras_wrapper_fit(make_layer, tmp_path):
    ours, theirs = ours_and_keras(make_layer, "float32", return_sequences=True)
    models = [keras.Sequential([keras.Input((None, D)), layer]) for layer in (ours, theirs)]
    models[1].save_weights(tmp_path / "theirs.weights.h5")
    ours.set_weights([0 * weight for weight in ours.get_weights()])
    models[0].load_weights(tmp_path / "theirs.weights.h5")
    x = tf.cast(normal(B, T, D), "float32")
    assert_same(models[0](x), models[1](x), 1e-5)


def test_errors():
    layer = Bidirectional(GRU(H))
    with pytest.raises(ValueError, match=r"`mask` must have the shape \(batch, time\) = \(3, 5\)"):
        layer(np.ones((B, T, D)), mask=np.ones((B, T + 1), bool))
    with pytest.raises(ValueError, match=r"`initial_state` must be a list of 1 tensor"):
        layer(np.ones((B, T, D)), initial_state=[np.zeros((B, H))] * 4)
    with pytest.raises(ValueError, match="Invalid merge mode"):
        Bidirectional(GRU(H), merge_mode="max")
