"""What is handed over to cuDNN gives what the layer's own loop gives.

There need be no GPU: without one, Keras' layer runs a loop of its own in cuDNN's stead.
"""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.layers.recurrent_table import B, D, H, T
from tests.zoo.layers.test_recurrence import arguments, assert_same, gaps, normal, numbers, prefix
from zoo.layers import GRU, LSTM, Bidirectional, _recurrent_cudnn

every_layer = pytest.mark.parametrize("layer_class", [GRU, LSTM])


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(_recurrent_cudnn, "gpu_is_there", lambda: True)


@pytest.fixture
def runs(monkeypatch):
    """The masks with which Keras' layer was called."""
    masks, call = [], _recurrent_cudnn.KerasTwin.__call__

    def spied(twin, weights, tensors):
        masks.append(tensors.get("mask"))
        return call(twin, weights, tensors)

    monkeypatch.setattr(_recurrent_cudnn.KerasTwin, "__call__", spied)
    return masks


def handed_over_and_own(layer_class, dtype="float64", **options):
    layers = [layer_class(H, dtype=dtype, **options) for _ in range(2)]
    for layer in layers:
        layer.build((B, None, D))
        for seed, weight in enumerate(layer.trainable_variables):
            weight.assign(normal(*weight.shape, seed=seed) * 0.5)
    layers[1].use_cudnn = False
    return layers


@every_layer
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("mask", [None, prefix(), gaps()], ids=["no mask", "prefix", "gaps"])
def test_outputs_and_gradients(gpu, runs, layer_class, return_sequences, go_backwards, mask):
    for zero_output in (False, True) if mask is not None else (False,):
        layer, own = handed_over_and_own(
            layer_class,
            return_state=True,
            return_sequences=return_sequences,
            go_backwards=go_backwards,
            zero_output_for_mask=zero_output,
        )
        expected = numbers(own, *arguments(own), mask)
        assert not runs
        for training in (True, False):
            assert_same(numbers(layer, *arguments(layer), mask, training), expected)
            assert bool(runs) == (mask is None or bool(np.all(mask[:, 0])))
            runs.clear()


@every_layer
@pytest.mark.parametrize("mask", [prefix(), gaps()], ids=["prefix", "gaps"])
def test_in_a_graph(gpu, runs, layer_class, mask):
    layer, own = handed_over_and_own(layer_class, return_sequences=True)
    graph = tf.function(partial(numbers, layer), autograph=False)
    assert_same(graph(*arguments(layer), mask), numbers(own, *arguments(own), mask))
    assert runs


@every_layer
def test_mixed_precision_and_dropout_of_inputs(gpu, runs, layer_class):
    layer, own = handed_over_and_own(
        layer_class, "mixed_float16", dropout=0.5, seed=1, return_sequences=True
    )
    args = *arguments(layer, dtype="float32"), prefix()
    outputs, gradients = numbers(layer, *args)
    expected, expected_gradients = numbers(own, *args)
    assert runs
    assert_same(outputs, expected, 0.01)
    for gradient, other in zip(gradients, expected_gradients):
        scale = tf.reduce_max(tf.abs(other))
        assert_same(gradient / scale, other / scale, 0.01)


@every_layer
def test_bidirectional(gpu, runs, layer_class):
    layer = Bidirectional(layer_class(H, return_sequences=True))
    layer.build((B, T, D))
    x = tf.cast(normal(B, T, D), "float32")
    handed_over = layer(x, mask=prefix())
    assert len(runs) == 2
    for each in (layer.forward_layer, layer.backward_layer):
        each.use_cudnn = False
    assert_same(handed_over, layer(x, mask=prefix()), 1e-5)
    assert len(runs) == 2


def test_what_stays(gpu, runs):
    """Without cuDNN: other equations, unrolled loops, dropped states, other dtypes."""
    x = tf.cast(normal(B, T, D), "float32")
    GRU(H, reset_after=False)(x)
    LSTM(H, unroll=True)(x)
    LSTM(H, recurrent_dropout=0.5)(x, training=True)
    LSTM(H, dtype="mixed_bfloat16")(x)
    assert not runs
    LSTM(H, recurrent_dropout=0.5)(x)
    assert len(runs) == 1


@every_layer
def test_the_layer_is_saved_as_without_a_gpu(gpu, layer_class, tmp_path):
    layer, own = handed_over_and_own(layer_class, "float32")
    assert [weight.name for weight in layer.weights] == [weight.name for weight in own.weights]
    model = keras.Sequential([keras.Input((T, D)), layer])
    assert not layer.supports_jit
    model.save(tmp_path / "model.keras")
    x = tf.cast(normal(B, T, D), "float32")
    assert_same(keras.models.load_model(tmp_path / "model.keras")(x), own(x), 1e-5)


def test_no_gpu():
    assert _recurrent_cudnn.gpu_is_there() == bool(tf.config.list_logical_devices("GPU"))
    assert GRU(H).supports_jit == (not _recurrent_cudnn.gpu_is_there())
