"""What every attention layer does: steps, keys, masks, errors."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.layers.attention.attention_table import (
    ATTENTIONS,
    MASK,
    MEMORY,
    QUERY,
    A,
    B,
    D,
    H,
    S,
    T,
    built,
)
from zoo.layers import AdditiveAttention, LocalAttention
from zoo.layers._time_loop import Lane, time_loop

EVERY = pytest.mark.parametrize("make_layer", ATTENTIONS.values(), ids=ATTENTIONS)


def step_option(layer, step):
    return {"step": step} if isinstance(layer, LocalAttention) else {}


@EVERY
def test_a_decoder_loop_gives_what_all_steps_at_once_do(make_layer):
    """Its loop runs in a graph, with the memory projected once."""
    layer = built(make_layer)

    @tf.function
    def loop(query):
        keys = layer.project(MEMORY)

        def step(rows, states):
            option = step_option(layer, rows[1])
            return list(layer(rows[0], MEMORY, mask=MASK, keys=keys, **option)), states

        steps = tf.tile(tf.range(T)[:, None], (1, B))
        queries = tf.transpose(query, (1, 0, 2))
        ((outputs, _),) = time_loop([Lane(step, [queries, steps], [query[:, 0]], False)])
        return outputs

    for one_by_one, at_once in zip(loop(QUERY), layer(QUERY, MEMORY, mask=MASK)):
        np.testing.assert_allclose(np.swapaxes(one_by_one, 0, 1), at_once, 1e-5, 1e-6)


@EVERY
def test_keys_may_be_given(make_layer):
    layer = built(make_layer)
    keys = layer.project(MEMORY)
    for query in (QUERY, QUERY[:, 0]):
        option = step_option(layer, 1)
        without = layer(query, MEMORY, mask=MASK, **option)
        for expected, output in zip(without, layer(query, MEMORY, mask=MASK, keys=keys, **option)):
            np.testing.assert_array_equal(output, expected)
    zeros = keras.ops.zeros_like(keys)  # and they are what is used
    weights = layer(QUERY, MEMORY, keys=zeros)[1]
    assert not np.allclose(weights, layer(QUERY, MEMORY)[1])


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
def test_weights(make_layer, dtype):
    """They sum to 1, and to 0 in a row without a valid place, which has the context 0."""
    layer = built(make_layer, dtype=dtype)
    mask = np.concatenate([MASK[:2], np.zeros((1, S), bool)])
    context, weights = map(np.array, layer(QUERY, 3 * MEMORY, mask=mask))
    assert context.dtype == weights.dtype == layer.compute_dtype
    assert np.all(weights >= 0)
    assert np.all(weights[1, ..., 3:] == 0)
    assert np.all(weights[2] == 0)
    assert np.all(np.isfinite(context))
    if not getattr(layer, "add_and_norm", False):
        assert np.all(context[2] == 0)
    if getattr(layer, "normalize", True):
        assert np.allclose(weights[:2].sum(-1), 1, atol=1e-3 if "16" in dtype else 1e-6)


@EVERY
def test_gradients_are_finite_without_a_valid_place(make_layer):
    layer = built(make_layer)
    points = [tf.constant(QUERY), tf.constant(MEMORY)]
    with tf.GradientTape() as tape:
        tape.watch(points)
        context, weights = layer(*points, mask=np.zeros((B, S), bool))
        loss = tf.reduce_sum(context**2) + tf.reduce_sum(weights**2)
    weights = [weight.value for weight in layer.trainable_variables]
    for gradient in tape.gradient(loss, [*points, *weights]):
        assert gradient is None or np.all(np.isfinite(gradient))


@EVERY
def test_keys_in_half_precision(make_layer):
    """`project` casts by itself: outside of a call Keras does not."""
    layer = built(make_layer, dtype="mixed_float16")
    keys = layer.project(MEMORY)
    assert keras.backend.standardize_dtype(keys.dtype) == "float16"
    without = layer(QUERY, MEMORY, mask=MASK)
    for expected, output in zip(without, layer(QUERY, MEMORY, mask=MASK, keys=keys)):
        np.testing.assert_array_equal(output, expected)


@EVERY
def test_a_memory_of_one_place(make_layer):
    """It has all the weight, and nothing warns of it."""
    layer = built(make_layer, memory=MEMORY[:, :1])
    weights = np.array(layer(QUERY, MEMORY[:, :1])[1])
    near = getattr(layer, "window", S) >= T or getattr(layer, "mode", "") != "monotonic"
    if near and getattr(layer, "normalize", True):
        np.testing.assert_array_equal(weights, np.ones_like(weights))


def test_no_mask_is_passed_on():
    """Neither that of the query nor that of the memory."""
    ids = np.array([[3, 1, 0], [2, 0, 0]])
    embedded = keras.layers.Embedding(4, H, mask_zero=True)(ids)
    for output in AdditiveAttention(A)(embedded, embedded, mask=ids != 0):
        assert keras.src.backend.get_keras_mask(output) is None


@EVERY
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("query", (B, T, H + 1)),
        ("query", (B + 1, H)),
        ("query", (B, T, 1, H)),
        ("memory", (B, S, D + 1)),
        ("memory", (B, D)),
        ("mask", (B, S + 1)),
        ("mask", (B, S, 1)),
        ("keys", (B, S, 1)),
        ("keys", (B, S + 1, D)),
    ],
)
def test_shapes_are_checked(make_layer, name, shape):
    arguments = {"query": QUERY, "memory": MEMORY, "mask": MASK, name: np.ones(shape, "float32")}
    with pytest.raises(ValueError, match=rf"`{name}` must have the shape .*, got \({shape[0]}, "):
        built(make_layer)(**arguments)


def test_projecting_is_checked():
    with pytest.raises(ValueError, match="`project` needs the weights of `early`"):
        AdditiveAttention(A, name="early").project(MEMORY)
    layer = built(ATTENTIONS["additive"])
    with pytest.raises(ValueError, match="`memory` must be a tensor with values in `project`"):
        layer.project(keras.Input((S, D)))
    with pytest.raises(ValueError, match="`memory` must have the shape"):
        layer.project(MEMORY[0])
