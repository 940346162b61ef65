"""AdditiveAttention, against its equations in NumPy."""

import numpy as np
import pytest

from tests.zoo.layers.attention.attention_table import (
    ATTENTIONS,
    MASK,
    MEMORY,
    QUERY,
    A,
    D,
    H,
    additive,
    built,
    check,
    named_weights,
    softmax,
)
from zoo.layers import AdditiveAttention


def test_equations():
    layer = built(ATTENTIONS["additive"])
    found = named_weights(layer)
    shapes = {name: weight.shape for name, weight in found.items()}
    assert shapes == {"query_kernel": (H, A), "memory_kernel": (D, A), "vector": (A, 1)}
    found["vector"] = found["vector"][:, 0]
    weights = softmax(additive(QUERY, MEMORY, **found), MASK[:, None])
    check(layer(QUERY, MEMORY, mask=MASK), weights @ MEMORY, weights)
    np.testing.assert_allclose(layer.project(MEMORY), MEMORY @ found["memory_kernel"], 1e-5, 1e-5)


@pytest.mark.parametrize("units", [0, 2.0, True])
def test_units_are_checked(units):
    with pytest.raises(ValueError, match="`units` must be a positive integer"):
        AdditiveAttention(units)
