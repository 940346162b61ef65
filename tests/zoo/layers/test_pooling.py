"""The poolings, against their equations in NumPy."""

import numpy as np
import pytest

from zoo.layers import AttentionPooling, LastPooling, MaxPooling, MeanPooling

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(3, 5, 4)).astype("float32") - 3  # below zero, so that padding would win
LENGTHS = [5, 2, 1]
MASK = np.arange(5)[None] < np.array(LENGTHS)[:, None]


def test_last():
    expected = [row[length - 1] for row, length in zip(INPUTS, LENGTHS)]
    np.testing.assert_array_equal(LastPooling()(INPUTS, mask=MASK), expected)
    np.testing.assert_array_equal(LastPooling()(INPUTS), INPUTS[:, -1])


def test_last_of_both_directions():
    pooled = LastPooling(bidirectional=True)(INPUTS, mask=MASK)
    expected = [
        np.concatenate([row[length - 1, :2], row[0, 2:]]) for row, length in zip(INPUTS, LENGTHS)
    ]
    np.testing.assert_array_equal(pooled, expected)
    with pytest.raises(ValueError, match=r"even number of features, got the shape \(3, 5, 3\)"):
        LastPooling(bidirectional=True)(INPUTS[:, :, :3])


def test_max():
    expected = [row[:length].max(axis=0) for row, length in zip(INPUTS, LENGTHS)]
    np.testing.assert_array_equal(MaxPooling()(INPUTS, mask=MASK), expected)
    np.testing.assert_array_equal(MaxPooling()(INPUTS), INPUTS.max(axis=1))


def test_mean():
    expected = [row[:length].mean(axis=0) for row, length in zip(INPUTS, LENGTHS)]
    np.testing.assert_allclose(MeanPooling()(INPUTS, mask=MASK), expected, rtol=1e-6)
    np.testing.assert_allclose(MeanPooling()(INPUTS), INPUTS.mean(axis=1), rtol=1e-6)


def test_attention():
    layer = AttentionPooling(3, return_weights=True)
    layer.build(INPUTS.shape)
    kernel, bias, query = [RNG.normal(size=w.shape).astype("float32") for w in layer.weights]
    layer.set_weights([kernel, bias, query])
    pooled, weights = layer(INPUTS, mask=MASK)
    for row, length, result, weight in zip(INPUTS, LENGTHS, pooled, weights):
        scores = np.tanh(row[:length] @ kernel + bias) @ query[:, 0]
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(weight[:length], expected, rtol=1e-5)
        assert np.all(np.array(weight)[length:] == 0)
        np.testing.assert_allclose(result, expected @ row[:length], rtol=1e-5)


@pytest.mark.parametrize("layer", [MaxPooling(), MeanPooling(), LastPooling()])
def test_a_row_without_a_valid_step_stays_finite(layer):
    assert np.all(np.isfinite(layer(INPUTS, mask=np.zeros((3, 5), bool))))


def test_attention_units_are_checked():
    with pytest.raises(ValueError, match=r"`units` must be a positive integer, got 0"):
        AttentionPooling(0)
