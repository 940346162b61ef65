"""What all sequence layers share: states, masks, dropout, graphs, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.layers.recurrent_table import LAYERS, B, D, H, T
from zoo.layers import SimpleRNN

every_layer = pytest.mark.parametrize("make_layer", LAYERS.values(), ids=LAYERS)


def sequences(time=T, seed=0):
    return np.random.default_rng(seed).normal(size=(B, time, D)).astype("float32")


def with_weights_of(layer, other):
    for each in (layer, other):
        each.build((B, None, D))
    layer.set_weights(other.get_weights())
    return layer


@every_layer
def test_is_its_cell_in_keras_rnn(make_layer):
    options = {"return_sequences": True, "return_state": True, "go_backwards": True}
    layer = make_layer(H, **options)
    plain = keras.layers.RNN(type(layer.cell).from_config(layer.cell.get_config()), **options)
    with_weights_of(plain, layer)
    mask = np.random.default_rng(1).random((B, T)) < 0.5
    for output, expected in zip(layer(sequences(), mask=mask), plain(sequences(), mask=mask)):
        np.testing.assert_allclose(output, expected, 1e-5, 1e-5)


@every_layer
def test_masked_steps_carry_the_state(make_layer):
    layer = make_layer(H, return_sequences=True, return_state=True)
    mask = np.array([[True] * 3 + [False] * 2, [True, False, True, True, False], [False] * T])
    states = list(np.random.default_rng(1).normal(size=(len(layer.state_size), B, H)))
    outputs, *last = layer(sequences(), initial_state=states, mask=mask)
    np.testing.assert_array_equal(outputs[0, 3:], np.stack([outputs[0, 2]] * 2))
    np.testing.assert_array_equal(outputs[1, 1], outputs[1, 0])
    np.testing.assert_allclose(np.stack(last)[:, 2], np.stack(states)[:, 2], 1e-6)

    layer.zero_output_for_mask = True
    zeroed, *_ = layer(sequences(), initial_state=states, mask=mask)
    np.testing.assert_allclose(zeroed, np.where(mask[..., None], outputs, 0), 1e-6, 1e-6)


@every_layer
def test_unroll(make_layer):
    layer = make_layer(H)
    unrolled = with_weights_of(make_layer(H, unroll=True), layer)
    np.testing.assert_allclose(unrolled(sequences()), layer(sequences()), 1e-5, 1e-5)


@every_layer
def test_stateful(make_layer):
    stateful = make_layer(H, stateful=True)
    layer = with_weights_of(make_layer(H), stateful)
    x = sequences(2 * T)
    first = stateful(x[:, :T])
    np.testing.assert_allclose(stateful(x[:, T:]), layer(x), 1e-5, 1e-5)
    stateful.reset_state()
    np.testing.assert_allclose(stateful(x[:, :T]), first, 1e-6)


@every_layer
def test_bidirectional_is_its_halves(make_layer):
    layer = keras.layers.Bidirectional(make_layer(H, return_sequences=True))
    mask = np.arange(T) < np.array([[T], [3], [1]])
    output = layer(sequences(), mask=mask)
    alone = layer(sequences()[1:2, :3])
    np.testing.assert_allclose(output[1:2, :3], alone, 1e-5, 1e-5)
    assert not np.any(output[1, 3:])


@every_layer
def test_dynamic_time_in_a_graph(make_layer):
    layer = make_layer(H, return_sequences=True)
    x = sequences()
    expected = layer(x)
    signature = [tf.TensorSpec((None, None, D)), tf.TensorSpec((None, None), "bool")]
    graph = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=signature)
    np.testing.assert_allclose(graph(x, np.ones((B, T), bool)), expected, 1e-5, 1e-5)
    np.testing.assert_allclose(
        graph(x[:2, :3], np.ones((2, 3), bool)), expected[:2, :3], 1e-5, 1e-5
    )


@pytest.mark.parametrize(
    ("names", "jit_compile"), [(LAYERS, False), (["GRU", "PeepholeLSTM"], True)]
)
def test_fit_with_dropout(names, jit_compile):
    """A compiled model of stacked layers learns, on batches of several lengths."""
    inputs = x = keras.Input((None, D))
    for make_layer in map(LAYERS.get, names):
        x = make_layer(H, dropout=0.1, recurrent_dropout=0.1, seed=1, return_sequences=True)(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(0.02), "mse", jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)  # or `fit` traces its step twice
    batches = [(x, np.cumsum(x, 1)[..., :1]) for x in map(sequences, (T, T + 2))]
    data = tf.data.Dataset.from_generator(
        lambda: batches, output_signature=(tf.TensorSpec((B, None, D)), tf.TensorSpec((B, None, 1)))
    ).apply(tf.data.experimental.assert_cardinality(2))
    losses = model.fit(data, epochs=4, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@every_layer
def test_dropout_is_off_in_inference(make_layer):
    layer = make_layer(H, dropout=0.5, recurrent_dropout=0.5)
    plain = with_weights_of(make_layer(H), layer)
    np.testing.assert_array_equal(layer(sequences()), plain(sequences()))
    np.testing.assert_array_equal(layer(sequences(), training=False), plain(sequences()))
    np.testing.assert_array_equal(plain(sequences(), training=True), plain(sequences()))
    assert not np.allclose(layer(sequences(), training=True), layer(sequences(), training=True))


@every_layer
def test_a_seed_fixes_dropout(make_layer):
    layer = make_layer(H, dropout=0.5, recurrent_dropout=0.5, seed=3)
    other = with_weights_of(type(layer).from_config(layer.get_config()), layer)
    for _ in range(2):
        expected = layer(sequences(), training=True)
        np.testing.assert_array_equal(other(sequences(), training=True), expected)


@every_layer
def test_dropout_is_one_mask_per_sequence(make_layer):
    """Training with dropout is inference with the same inputs, or states, left out at each step."""
    layer = make_layer(H, dropout=0.5, recurrent_dropout=0.5, seed=3, return_sequences=True)
    x = sequences()
    layer.build(x.shape)
    masks = layer.cell.dropout_masks(x[:, 0], np.zeros((B, H), "float32"), training=True)
    assert [set(np.unique(mask)) for mask in masks] == [{0, 2}, {0, 2}]
    outputs = layer(x, training=True)  # with these masks, for a layer uses those that are there

    states = [np.zeros((B, H), "float32")] * len(layer.state_size)
    for t in range(T):
        projected = layer.cell.project(x[:, t], masks[0])
        states = layer.cell.step(projected, states, masks[1])
        np.testing.assert_allclose(outputs[:, t], states[0], 1e-5, 1e-5)
    assert not np.allclose(layer(x, training=True), outputs)


def test_dropout_keeps_the_expectation():
    layer = SimpleRNN(1, dropout=0.25, seed=0)
    x = np.full((4000, 1, 1), 1e-2, "float32")
    layer.build(x.shape)
    layer.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.zeros(1)])
    outputs = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(outputs.mean(), 1e-2, rtol=0.05)
    np.testing.assert_allclose(np.mean(outputs == 0), 0.25, atol=0.03)


@every_layer
def test_errors_of_calls(make_layer):
    layer = make_layer(H)
    count = len(layer.state_size)
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        layer(np.ones((B, D), "float32"))
    for shape in ((B, T + 1), (B, T, 1), (B + 1, T)):
        with pytest.raises(
            ValueError, match=r"`mask` must have the shape \(batch, time\) = \(3, 5\)"
        ):
            layer(sequences(), mask=np.ones(shape, bool))
    with pytest.raises(ValueError, match=r"`initial_state` must be a list of \d tensor"):
        layer(sequences(), initial_state=[np.zeros((B, H))] * (count + 1))
    with pytest.raises(ValueError, match=r"`initial_state` must have the shape.*got \(3, 7\)"):
        layer(sequences(), initial_state=[np.zeros((B, H + 1))] * count)
    assert layer(sequences()).shape == (B, H)


@every_layer
def test_a_failed_call_leaves_no_dropout_mask(make_layer):
    layer = make_layer(H, dropout=0.5, recurrent_dropout=0.5)
    with pytest.raises(ValueError, match="`mask`"):
        layer(sequences(), mask=np.ones((B, T + 1), bool), training=True)
    assert layer(sequences()[:1], training=True).shape == (1, H)


@every_layer
def test_errors_of_arguments(make_layer):
    with pytest.raises(ValueError, match="`units` must be a positive integer, got 0"):
        make_layer(0)
    with pytest.raises(ValueError, match=r"`dropout` must be a number in \[0, 1\), got 1.5"):
        make_layer(H, dropout=1.5)
