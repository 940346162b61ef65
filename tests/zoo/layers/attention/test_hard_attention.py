"""HardAttention: what it draws, and that its gradients are those that they are said to be."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.zoo.layers.attention.attention_table import (
    ATTENTIONS,
    MASK,
    MEMORY,
    QUERY,
    A,
    B,
    S,
    T,
    additive,
    built,
    named_weights,
    softmax,
)
from zoo.layers import AdditiveAttention, HardAttention

ESTIMATORS = pytest.mark.parametrize("estimator", ["straight_through", "score_function"])


def probabilities(layer, mask=MASK):
    found = named_weights(layer)
    found["vector"] = found["vector"][:, 0]
    return softmax(additive(QUERY, MEMORY, **found), mask[:, None])


@ESTIMATORS
def test_inference_takes_the_likeliest_place(estimator):
    layer = built(HardAttention, units=A, estimator=estimator)
    context, weights = map(np.array, layer(QUERY, MEMORY, mask=MASK))
    places = probabilities(layer).argmax(-1)
    np.testing.assert_array_equal(weights, np.eye(S)[places])
    np.testing.assert_array_equal(context, np.take_along_axis(MEMORY, places[..., None], axis=1))


@ESTIMATORS
def test_training_draws_by_the_probabilities(estimator):
    layer = built(HardAttention, units=A, estimator=estimator, seed=1)
    copies = 5000
    repeated = [np.repeat(each, copies, axis=0) for each in (QUERY, MEMORY, MASK)]
    context, weights = layer(*repeated[:2], mask=repeated[2], training=True)
    weights = np.array(weights)
    assert set(np.unique(weights)) == {0, 1}
    assert np.all(weights.sum(-1) == 1)
    np.testing.assert_allclose(context, weights @ repeated[1], 1e-6)
    found, p = weights.reshape(B, copies, T, S).mean(1), probabilities(layer)
    assert np.all(found[p == 0] == 0)
    assert np.all(np.abs(found - p) <= 4.5 * np.sqrt(p * (1 - p) / copies))
    assert not np.array_equal(weights, layer(*repeated[:2], mask=repeated[2], training=True)[1])


def test_the_seed_fixes_the_draws():
    first, second = (built(HardAttention, units=A, seed=3) for _ in range(2))
    for _ in range(2):
        drawn = first(QUERY, MEMORY, training=True)[1]
        np.testing.assert_array_equal(drawn, second(QUERY, MEMORY, training=True)[1])


def test_drawing_in_a_compiled_graph():
    layer = built(HardAttention, units=A, seed=1)
    run = tf.function(lambda: layer(QUERY, MEMORY, mask=MASK, training=True), jit_compile=True)
    drawn = [run()[1].numpy() for _ in range(10)]
    assert all(np.all(weights.sum(-1) == 1) for weights in drawn)
    assert all(np.all(weights[2, :, 0] == 1) for weights in drawn)
    assert not all(np.array_equal(weights, drawn[0]) for weights in drawn)


@pytest.mark.parametrize("training", [True, False])
def test_straight_through_gradients_are_those_of_soft_attention(training):
    hard = built(ATTENTIONS["straight-through"])
    soft = built(AdditiveAttention, units=A)
    soft.set_weights([weight.numpy() for weight in hard.trainable_variables])
    slope = np.random.default_rng(1).normal(size=MEMORY[:, :T].shape).astype("float32")
    found = []
    for layer, options in ((hard, {"training": training}), (soft, {})):
        query = tf.constant(QUERY)
        points = [query, *(weight.value for weight in layer.trainable_variables)]
        with tf.GradientTape() as tape:
            tape.watch(query)
            context, _ = layer(query, MEMORY, mask=MASK, **options)
            loss = tf.reduce_sum(context * slope)
        found.append(tape.gradient(loss, points))
    for gradient, expected in zip(*found):
        np.testing.assert_allclose(gradient, expected, 1e-4, 1e-5)


def test_log_probability():
    layer = built(ATTENTIONS["score function"])
    mask = np.concatenate([MASK[:2], np.zeros((1, S), bool)])
    weights = np.array(layer(QUERY, MEMORY, mask=mask, training=True)[1])
    p = (probabilities(layer) * weights).sum(-1)
    expected = np.log(np.where(mask.any(1)[:, None], p, 1))
    for keys in (None, layer.project(MEMORY)):
        found = layer.log_probability(QUERY, MEMORY, weights, mask=mask, keys=keys)
        np.testing.assert_allclose(found, expected, 1e-4, 1e-6)
    one = layer.log_probability(QUERY[:, 0], MEMORY, weights[:, 0], mask=mask)
    np.testing.assert_allclose(one, expected[:, 0], 1e-4, 1e-6)
    with pytest.raises(ValueError, match="`weights` must have the shape"):
        layer.log_probability(QUERY, MEMORY, weights[:, 0])


def test_log_probability_in_half_precision():
    layer = built(ATTENTIONS["score function"], dtype="mixed_float16")
    weights = layer(QUERY, MEMORY, mask=MASK)[1]
    found = layer.log_probability(QUERY, MEMORY, weights, mask=MASK)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    full = built(ATTENTIONS["score function"])
    expected = full.log_probability(QUERY, MEMORY, weights, mask=MASK)
    np.testing.assert_allclose(found, expected, 0.05, 0.05)


def test_the_score_function_gives_the_gradient_of_the_expected_cost():
    """Its average over many draws, within what chance allows, and within 5 %."""
    layer = built(ATTENTIONS["score function"], seed=1)
    query, memory = tf.constant(QUERY[:1, 0]), tf.constant(MEMORY[:1])
    points = [query, memory, *(weight.value for weight in layer.trainable_variables)]
    copies, batches = 1000, 30

    def cost(context):
        return ops.sum(ops.sin(3 * context) + ops.square(context), axis=-1)

    def gradient(loss_of):
        with tf.GradientTape() as tape:
            tape.watch(points[:2])
            loss = loss_of()
        return np.concatenate([np.ravel(each) for each in tape.gradient(loss, points)])

    def expected_cost():
        places = ops.broadcast_to(query, (S, query.shape[1])), ops.repeat(memory, S, axis=0)
        log_p = layer.log_probability(*places, np.eye(S, dtype="float32"))
        return ops.sum(ops.exp(log_p) * cost(memory[0]))

    @tf.function
    def estimated_cost():
        repeated = [ops.repeat(each, copies, axis=0) for each in (query, memory)]
        context, weights = layer(*repeated, training=True)
        costs = cost(context)
        log_p = layer.log_probability(*repeated, weights)
        return ops.mean(costs + ops.stop_gradient(costs - 2.0) * log_p)

    estimates = np.stack([gradient(estimated_cost) for _ in range(batches)])
    exact, mean = gradient(expected_cost), estimates.mean(0)
    error = estimates.std(0, ddof=1) / np.sqrt(batches)
    assert np.all(np.abs(mean - exact) <= 5 * error + 1e-5)
    assert np.linalg.norm(mean - exact) < 0.05 * np.linalg.norm(exact)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`units` must be a positive integer, got 0"):
        HardAttention(0)
    with pytest.raises(ValueError, match="`estimator` must be one of straight_through, score_func"):
        HardAttention(2, estimator="soft")
