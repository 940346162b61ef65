"""The gradient in closed form is that of the plain cell in Keras' loop, step by step."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.layers.recurrent_table import LAYERS, B, D, H, T

every_layer = pytest.mark.parametrize("make_layer", LAYERS.values(), ids=LAYERS)


def normal(*shape, seed=0):
    return tf.constant(np.random.default_rng(seed).normal(size=shape))


def prefix(time=T):
    return np.arange(time) < np.array([[time], [2], [1]])


def gaps(time=T):
    mask = np.random.default_rng(1).random((B, time)) < 0.5
    mask[2] = False
    return mask


def both():
    """Rows of both kinds."""
    return np.concatenate([prefix(), gaps()])


def layer_and_plain(make_layer, dtype="float64", unroll=False, **options):
    """A layer, and the plain loop over the same cell, with random weights."""
    layer = make_layer(H, dtype=dtype, unroll=unroll, **options)
    layer.build((B, None, D))
    for seed, weight in enumerate(layer.trainable_variables):
        weight.assign(normal(*weight.shape, seed=seed) * 0.5)
    return layer, keras.layers.RNN(layer.cell, dtype=dtype, **options)


def numbers(layer, x, states, mask, training=True):
    """Outputs, last states, and the gradients of the inputs, the first states and the weights."""
    weights = [weight.value for weight in layer.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        outputs = keras.tree.flatten(
            layer(x, initial_state=list(states), mask=mask, training=training)
        )
        loss = sum(
            tf.reduce_sum(tf.cast(output, "float64") * normal(*output.shape, seed=9))
            for output in outputs
        )
    return outputs, tape.gradient(loss, [x, *states, *weights])


def arguments(layer, time=T, dtype="float64", batch=B):
    states = [normal(batch, H, seed=seed) for seed in range(len(layer.state_size))]
    x = normal(batch, time, D, seed=5)
    return tf.cast(x, dtype), [tf.cast(state, dtype) for state in states]


def assert_same(actual, expected, tolerance=1e-10):
    actual, expected = tf.nest.flatten(actual), tf.nest.flatten(expected)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        np.testing.assert_allclose(
            tf.cast(a, "float64"), tf.cast(e, "float64"), tolerance, tolerance
        )


@every_layer
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("mask", [None, both()], ids=["no mask", "prefix and gaps"])
def test_outputs_and_gradients(make_layer, return_sequences, go_backwards, mask):
    for zero_output in (False, True) if mask is not None else (False,):
        layer, plain = layer_and_plain(
            make_layer,
            return_state=True,
            return_sequences=return_sequences,
            go_backwards=go_backwards,
            zero_output_for_mask=zero_output,
        )
        args = *arguments(layer, batch=2 * B), mask
        expected = numbers(plain, *args)
        for training in (True, False):
            assert_same(numbers(layer, *args, training), expected)


@every_layer
@pytest.mark.parametrize("time", [1, 4, 9])
def test_short_and_long(make_layer, time):
    layer, plain = layer_and_plain(make_layer, return_sequences=True, go_backwards=True)
    args = *arguments(layer, time), gaps(time)
    expected = numbers(plain, *args)
    for training in (True, False):
        assert_same(numbers(layer, *args, training), expected)


@every_layer
def test_unrolled(make_layer):
    layer, plain = layer_and_plain(make_layer, unroll=True, return_sequences=True)
    args = *arguments(layer), gaps()
    assert_same(numbers(layer, *args), numbers(plain, *args))


@every_layer
@pytest.mark.parametrize("free", [(None, None), (B, None)], ids=["batch and time", "time"])
def test_free_sizes_in_a_graph(make_layer, free):
    layer, plain = layer_and_plain(make_layer, return_sequences=True, go_backwards=True)
    signature = [
        tf.TensorSpec((*free, D), "float64"),
        [tf.TensorSpec((free[0], H), "float64")] * len(layer.state_size),
        tf.TensorSpec(free, "bool"),
    ]

    def gradients(x, states, mask):
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            outputs = layer(x, initial_state=states, mask=mask, training=True)
            loss = tf.reduce_sum(outputs * normal(B, T + 2, H, seed=9)[:, : tf.shape(x)[1]])
        return tape.gradient(loss, [x, *states, *[w.value for w in layer.trainable_variables]])

    graph = tf.function(gradients, input_signature=signature, autograph=False)
    for time in (T, 1, T + 2):  # T + 2 is more steps than the batch has rows, 1 is fewer
        args = *arguments(layer, time), gaps(time)
        with tf.GradientTape() as tape:
            tape.watch([args[0], *args[1]])
            outputs = plain(args[0], initial_state=args[1], mask=args[2])
            loss = tf.reduce_sum(outputs * normal(B, T + 2, H, seed=9)[:, :time])
        points = [args[0], *args[1], *[w.value for w in layer.trainable_variables]]
        assert_same(graph(*args), tape.gradient(loss, points))


@every_layer
def test_xla(make_layer):
    layer, plain = layer_and_plain(make_layer, "float32", return_sequences=True, return_state=True)
    args = *arguments(layer, dtype="float32"), gaps()
    compiled = tf.function(partial(numbers, layer), autograph=False, jit_compile=True)
    assert_same(compiled(*args), numbers(plain, *args), 1e-4)


@every_layer
@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(make_layer, dtype):
    layer, plain = layer_and_plain(make_layer, dtype, return_sequences=True, return_state=True)
    args = *arguments(layer, dtype="float32"), gaps()
    outputs, gradients = numbers(layer, *args)
    expected, expected_gradients = numbers(plain, *args)
    assert [gradient.dtype for gradient in gradients] == ["float32"] * len(gradients)
    tolerance = 0.01 if dtype == "mixed_float16" else 0.08
    assert_same(outputs, expected, tolerance)
    for gradient, other in zip(gradients, expected_gradients):
        scale = tf.reduce_max(tf.abs(other))
        assert_same(gradient / scale, other / scale, tolerance)


@every_layer
def test_recurrent_dropout(make_layer):
    layer, plain = layer_and_plain(partial(make_layer, recurrent_dropout=0.5, seed=1))
    results = []
    for each in (layer, plain):
        layer.cell.seed_generator.state.assign([1, 0])
        results.append(numbers(each, *arguments(layer), gaps()))
    assert_same(*results)
    assert np.any(results[0][0][0] != numbers(layer, *arguments(layer), gaps(), False)[0][0])


@every_layer
def test_a_frozen_layer_hands_on_the_gradient(make_layer):
    layer, plain = layer_and_plain(make_layer)
    x, states = arguments(layer)
    expected = numbers(plain, x, states, None)[1][: 1 + len(states)]
    layer.trainable = False
    assert_same(numbers(layer, x, states, None)[1], expected)
