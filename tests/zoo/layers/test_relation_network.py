"""RelationNetwork, against its equations in NumPy."""

import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from zoo.layers import RelationNetwork

B, N, D, Q, H = 2, 4, 3, 5, 6
RNG = np.random.default_rng(0)
OBJECTS = RNG.normal(size=(B, N, D)).astype("float32")
QUERY = RNG.normal(size=(B, Q)).astype("float32")
MASK = np.arange(N) < np.array([[4], [2]])


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("mask", [None, MASK])
def test_equations(depth, mask):
    layer = RelationNetwork(H, depth)
    layer.build(OBJECTS.shape, QUERY.shape)
    randomize_weights(layer)
    weights = {weight.path: weight.numpy() for weight in layer.trainable_variables}
    left, right, asked, bias = list(weights.values())[:4]
    upper = list(weights.values())[4:]
    first = np.concatenate([left, right, asked])
    expected = np.zeros((B, H))
    for b, i, j in np.ndindex(B, N, N):
        if mask is not None and not (mask[b, i] and mask[b, j]):
            continue
        x = np.concatenate([OBJECTS[b, i], OBJECTS[b, j], QUERY[b]])
        x = np.maximum(x @ first + bias, 0)
        for kernel, shift in zip(upper[::2], upper[1::2]):
            x = np.maximum(x @ kernel + shift, 0)
        expected[b] += x
    assert len(upper) == 2 * (depth - 1)
    np.testing.assert_allclose(layer(OBJECTS, QUERY, mask=mask), expected, 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("name", "shape"), [("objects", (B, N, D + 1)), ("query", (B, Q + 1)), ("mask", (B, N + 1))]
)
def test_shapes_are_checked(name, shape):
    layer = RelationNetwork(H)
    arguments = {"objects": OBJECTS, "query": QUERY, "mask": MASK}
    layer(**arguments)
    with pytest.raises(ValueError, match=rf"`{name}` must have the shape"):
        layer(**{**arguments, name: np.ones(shape, "float32")})
