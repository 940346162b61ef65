"""MultiplicativeAttention, against its equations in NumPy."""

import numpy as np
import pytest

from tests.zoo.layers.attention.attention_table import (
    ATTENTIONS,
    MASK,
    MEMORY,
    QUERY,
    additive,
    built,
    check,
    named_weights,
    softmax,
)
from zoo.layers import MultiplicativeAttention


def test_dot():
    layer = built(ATTENTIONS["dot"])
    assert not layer.weights
    weights = softmax(np.einsum("bth,bsh->bts", QUERY, MEMORY), MASK[:, None])
    check(layer(QUERY, MEMORY, mask=MASK), weights @ MEMORY, weights)


def test_general():
    memory = np.concatenate([MEMORY, MEMORY[..., :1] - 1], axis=-1)  # D = H + 1
    layer = built(ATTENTIONS["general"], memory=memory)
    (kernel,) = layer.get_weights()
    weights = softmax(np.einsum("bth,dh,bsd->bts", QUERY, kernel, memory), MASK[:, None])
    check(layer(QUERY, memory, mask=MASK), weights @ memory, weights)


def test_concat():
    layer = built(ATTENTIONS["concat"])
    found = named_weights(layer)
    found["vector"] = found["vector"][:, 0]
    weights = softmax(additive(QUERY, MEMORY, **found), MASK[:, None])
    check(layer(QUERY, MEMORY, mask=MASK), weights @ MEMORY, weights)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="`score` must be one of dot, general, concat, got 'add'"):
        MultiplicativeAttention("add")
    with pytest.raises(ValueError, match="of the same size for the score 'dot', got 4 and 5"):
        MultiplicativeAttention("dot")(QUERY[..., :4], MEMORY)
