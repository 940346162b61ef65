"""LocalAttention, against its equations in NumPy."""

import numpy as np
import pytest

from tests.zoo.layers.attention.attention_table import (
    MASK,
    MEMORY,
    QUERY,
    B,
    S,
    T,
    built,
    check,
    named_weights,
    softmax,
)
from zoo.layers import LocalAttention

PLACES = np.arange(S)


def general(weights):
    return np.einsum("bth,dh,bsd->bts", QUERY, weights["memory_kernel"], MEMORY)


@pytest.mark.parametrize("window", [1, 2, 9])
@pytest.mark.parametrize("normalize", [True, False])
def test_predictive(window, normalize):
    layer = built(LocalAttention, window=window, units=7, normalize=normalize)
    found = named_weights(layer)
    hidden = np.tanh(QUERY @ found["position_kernel"])
    p = MASK.sum(1)[:, None, None] / (1 + np.exp(-hidden @ found["position_vector"]))  # (B, T, 1)
    inside = MASK[:, None] & (np.abs(PLACES - p) <= window)
    weights = softmax(general(found), inside)
    weights = weights * np.exp(-((PLACES - p) ** 2) / (2 * (window / 2) ** 2))
    if normalize:
        weights = weights / weights.sum(-1, keepdims=True)
    answer = layer(QUERY, MEMORY, mask=MASK)
    check(answer, weights @ MEMORY, weights)
    assert np.all(np.array(answer[1])[~inside] == 0)
    assert inside.any(-1).all()


def test_the_hidden_layer_has_the_size_of_the_query_by_default():
    shapes = {weight.name: weight.shape for weight in built(LocalAttention, window=2).weights}
    assert shapes["position_kernel"] == (5, 5)
    assert set(named_weights(built(LocalAttention, window=2, mode="monotonic"))) == {
        "memory_kernel"
    }


@pytest.mark.parametrize("step", [None, 0, 2, [0, 4, 1], [7, 6, 20]])
def test_monotonic(step):
    """At the borders the window is cut; past the end of the memory nothing is in it."""
    layer = built(LocalAttention, window=1, mode="monotonic")
    p = np.reshape(step or 0, (-1, 1, 1)) + np.arange(T)[:, None]
    inside = MASK[:, None] & (np.abs(PLACES - p) <= 1)
    weights = np.nan_to_num(softmax(general(named_weights(layer)), inside))
    option = np.array(step, "int32") if isinstance(step, list) else step
    answer = layer(QUERY, MEMORY, mask=MASK, step=option)
    check(answer, weights @ MEMORY, weights)
    assert np.all(np.array(answer[1])[~np.broadcast_to(inside, (B, T, S))] == 0)
    if step is not None:
        one = layer(QUERY[:, 0], MEMORY, mask=MASK, step=option)
        check(one, (weights @ MEMORY)[:, 0], weights[:, 0])


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`window` must be a positive integer, got 0"):
        LocalAttention(0)
    with pytest.raises(ValueError, match="`units` must be a positive integer, got 0"):
        LocalAttention(1, units=0)
    with pytest.raises(ValueError, match="`mode` must be one of predictive, monotonic, got 'm'"):
        LocalAttention(1, mode="m")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (None, "`step` must be given for a `query` of one step"),
        (1.0, "`step` must be of integers, got the dtype"),
        (np.zeros(B + 1, "int32"), r"`step` must have the shape \(\) or \(batch,\)"),
        (np.zeros((B, 1), "int32"), r"`step` must have the shape \(\) or \(batch,\)"),
    ],
)
def test_the_step_is_checked(step, message):
    with pytest.raises(ValueError, match=message):
        LocalAttention(1, mode="monotonic")(QUERY[:, 0], MEMORY, step=step)
