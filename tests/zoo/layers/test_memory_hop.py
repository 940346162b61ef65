"""MemoryHop, against its equations in NumPy."""

import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from tests.zoo.layers.attention.attention_table import softmax
from zoo.layers import MemoryHop

B, N, D = 3, 5, 4
RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=(B, D)).astype("float32")
MEMORY = RNG.normal(size=(B, N, D)).astype("float32")
VALUES = RNG.normal(size=(B, N, D)).astype("float32")
MASK = np.arange(N) < np.array([[5], [2], [0]])


@pytest.mark.parametrize("projection", [True, False])
@pytest.mark.parametrize("values", [None, VALUES])
def test_equations(projection, values):
    hop = MemoryHop("tanh", projection=projection)
    hop.build(QUERY.shape, MEMORY.shape)
    randomize_weights(hop)
    output, weights = hop(QUERY, MEMORY, values=values, mask=MASK)
    p = softmax(np.einsum("bd,bnd->bn", QUERY, MEMORY), MASK)
    found = np.einsum("bn,bnd->bd", p, MEMORY if values is None else values)
    if projection:
        found = found @ hop.get_weights()[0]
    np.testing.assert_allclose(weights, p, 1e-5, 1e-6)
    np.testing.assert_allclose(output, np.tanh(QUERY + found), 1e-5, 1e-6)
    assert len(hop.weights) == projection


def test_without_a_mask_all_memories_count():
    hop = MemoryHop(projection=False)
    weights = hop(QUERY, MEMORY)[1]
    np.testing.assert_allclose(np.sum(weights, axis=1), 1, 1e-6)
    assert np.all(np.array(weights) > 0)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("query", (B, D + 1)),
        ("memory", (B, N, D + 1)),
        ("values", (B, N + 1, D)),
        ("mask", (B, N + 1)),
    ],
)
def test_shapes_are_checked(name, shape):
    arguments = {"query": QUERY, "memory": MEMORY, "values": VALUES, "mask": MASK}
    hop = MemoryHop()
    hop(**arguments)
    with pytest.raises(ValueError, match=rf"`{name}` must have the shape"):
        hop(**{**arguments, name: np.ones(shape, "float32")})
