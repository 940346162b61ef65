"""MultiHeadAttention, against its equations in NumPy."""

import numpy as np
import pytest

from tests.zoo.layers.attention.attention_table import (
    MASK,
    MEMORY,
    QUERY,
    A,
    additive,
    built,
    check,
    named_weights,
    softmax,
)
from zoo.layers import MultiHeadAttention

K = 3


@pytest.mark.parametrize("combine", ["concatenate", "sum"])
@pytest.mark.parametrize("add_and_norm", [False, True])
def test_equations(combine, add_and_norm):
    memory = np.concatenate([MEMORY, MEMORY[..., :1] - 1], axis=-1)  # D = H + 1
    options = {"combine": combine, "add_and_norm": add_and_norm}
    layer = built(MultiHeadAttention, memory=memory, heads=K, units=A, **options)
    found = named_weights(layer)
    kernels = [np.split(found[name], K, axis=-1) for name in ("query_kernel", "memory_kernel")]
    scores = [additive(QUERY, memory, *head) for head in zip(*kernels, found["vectors"])]
    weights = softmax(np.stack(scores, axis=2), MASK[:, None, None])  # (B, T, K, S)
    contexts = [weights[:, :, k] @ memory for k in range(K)]
    expected = np.concatenate(contexts, -1) if combine == "concatenate" else sum(contexts)
    assert ("output_kernel" in found) == (combine == "concatenate" or add_and_norm)
    if "output_kernel" in found:
        expected = expected @ found["output_kernel"]
    if add_and_norm:
        added = QUERY + expected
        centred = added - added.mean(-1, keepdims=True)
        normed = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
        expected = found["gamma"] * normed + found["beta"]
        assert np.all(found["beta"])
    check(layer(QUERY, memory, mask=MASK), expected, weights)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`heads` must be a positive integer, got 0"):
        MultiHeadAttention(0, 4)
    with pytest.raises(ValueError, match="`units` must be a positive integer, got 0"):
        MultiHeadAttention(2, 0)
    with pytest.raises(ValueError, match="`combine` must be one of concatenate, sum, got 'mean'"):
        MultiHeadAttention(2, 4, combine="mean")
