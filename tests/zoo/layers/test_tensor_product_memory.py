"""TensorProductMemory, against a memory that is made and written sentence by sentence in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.layer_checks import randomize_weights
from zoo.layers import TensorProductMemory

B, N, E, R, H, K = 2, 7, 5, 4, 3, 2


def unit(vectors):
    return vectors / np.sqrt(np.sum(vectors**2, axis=-1, keepdims=True) + 1e-6)


def inputs(count=N, dtype="float32"):
    rng = np.random.default_rng(0)
    shapes = [(B, count, 2, E), (B, count, 3, R), (B, count, 6), (B, H, E), (B, H, K, R)]
    tensors = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    tensors[2] = rng.uniform(size=shapes[2]).astype(dtype)
    return tensors


def written_in_turn(entities, relations, gates, mask):
    """The memory `F` `(E, R, E)` of one story after all sentences."""
    memory = np.zeros((E, R, E))

    def read(entity, relation):
        return np.einsum("e,r,erf->f", entity, relation, memory)

    for (e, f), (r1, r2, r3), g, counts in zip(unit(entities), unit(relations), gates, mask):
        if not counts:
            continue
        fact = g[0] * f - g[3] * read(e, r1)
        moved = g[1] * read(e, r1) - g[4] * read(e, r2)
        back = g[2] * e - g[5] * read(f, r3)
        memory = (
            memory
            + np.einsum("e,r,f->erf", e, r1, fact)
            + np.einsum("e,r,f->erf", e, r2, moved)
            + np.einsum("e,r,f->erf", f, r3, back)
        )
    return memory


def normalised(vectors, norm):
    centred = vectors - vectors.mean(-1, keepdims=True)
    scaled = centred / np.sqrt(np.square(centred).mean(-1, keepdims=True) + 1e-3)
    return scaled * np.array(norm.gamma) + np.array(norm.beta)


@pytest.mark.parametrize("count", [1, N])
def test_it_is_a_memory_written_sentence_by_sentence(count):
    entities, relations, gates, starts, steps = inputs(count)
    mask = np.ones((B, count), bool)
    mask[1, count // 2 : count // 2 + 2] = False  # in the middle, too, a sentence may be left out
    layer = TensorProductMemory(K)
    layer(*inputs(count))
    randomize_weights(layer)
    found, after, _ = layer(entities, relations, gates, starts, steps, mask=mask)
    for row in range(B):
        memory = written_in_turn(entities[row], relations[row], gates[row], mask[row])
        places = unit(starts[row])
        for hop in range(K):
            step = unit(steps[row, :, hop])
            expected = np.einsum("he,hr,erf->hf", places, step, memory)
            np.testing.assert_allclose(np.array(found)[row, hop], expected, rtol=1e-4, atol=1e-5)
            expected = normalised(expected, layer.norms[hop])
            np.testing.assert_allclose(np.array(after)[row, hop], expected, rtol=1e-3, atol=1e-4)
            places = unit(expected)


def test_full_gates_replace_what_stands_there():
    """Mary goes to the garden, then to the office: there she is, and the garden is empty."""
    mary, garden, office = np.eye(E, dtype="float32")[:3]
    is_at, was_at, holds = np.eye(R, dtype="float32")[:3]
    entities = np.array([[[mary, garden], [mary, office]]])
    relations = np.array([[[is_at, was_at, holds]] * 2])
    starts = np.array([[mary, mary, garden, office]])
    steps = np.array([is_at, was_at, holds, holds])[None, :, None]
    layer = TensorProductMemory(1)
    found, _, weights = layer(entities, relations, np.ones((1, 2, 6), "float32"), starts, steps)
    expected = np.stack([office, garden, mary, mary])
    np.testing.assert_allclose(np.array(found)[0, 0], expected, atol=1e-4)
    # What the first wrote at (mary, is_at), the second took away, and kept at (mary, was_at).
    assert np.array(weights).shape == (1, 2)
    assert np.array(weights).sum() == pytest.approx(1, abs=1e-4)


def test_weights_tell_which_sentence_was_read():
    mary, john, garden, office = np.eye(E, dtype="float32")[:4]
    is_at, was_at, holds = np.eye(R, dtype="float32")[:3]
    entities = np.array([[[mary, garden], [john, office]]])
    relations = np.array([[[is_at, was_at, holds]] * 2])
    call = partial_call(entities, relations)
    np.testing.assert_allclose(call(mary, is_at), [[1, 0]], atol=1e-3)
    np.testing.assert_allclose(call(john, is_at), [[0, 1]], atol=1e-3)


def partial_call(entities, relations):
    def call(start, step):
        layer = TensorProductMemory(1)
        gates = np.ones((1, 2, 6), "float32")
        return layer(entities, relations, gates, start[None, None], step[None, None, None])[2]

    return call


def test_a_story_without_sentences_gives_nothing():
    tensors = inputs()
    layer = TensorProductMemory(K)
    found, _, weights = layer(*tensors, mask=np.zeros((B, N), bool))
    assert np.all(np.array(found) == 0)
    assert np.all(np.array(weights) == 0)


def test_long_stories_stay_finite():
    rng = np.random.default_rng(1)
    entities = rng.normal(size=(1, 350, 2, 16)).astype("float32")
    relations = rng.normal(size=(1, 350, 3, 8)).astype("float32")
    gates = np.ones((1, 350, 6), "float32")
    starts, steps = rng.normal(size=(1, 2, 16)), rng.normal(size=(1, 2, 3, 8))
    found, _, _ = TensorProductMemory(3)(
        entities, relations, gates, starts.astype("float32"), steps.astype("float32")
    )
    assert np.all(np.isfinite(found))
    assert np.abs(found).max() < 100


def test_shapes_are_checked():
    tensors = inputs()
    layer = TensorProductMemory(K)
    layer(*tensors)
    for index, name in enumerate(["entities", "relations", "gates", "starts", "steps"]):
        wrong = [ops.ones((*t.shape[:-1], 9)) if i == index else t for i, t in enumerate(tensors)]
        with pytest.raises(ValueError, match=f"`{name}` must have the shape"):
            layer(*wrong)
    with pytest.raises(ValueError, match="`hops` must be a positive integer, got 0"):
        TensorProductMemory(0)


def test_half_precision_sums_in_single():
    """The solution of the equations would be far off in float16."""
    tensors = inputs(60)
    exact = TensorProductMemory(K)(*tensors)[0]
    half = TensorProductMemory(K, dtype=keras.DTypePolicy("mixed_float16"))(*tensors)[0]
    assert half.dtype == "float16"
    np.testing.assert_allclose(half, exact, atol=0.02)
