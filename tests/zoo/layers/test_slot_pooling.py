"""SlotPooling, against its equations in NumPy."""

import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from zoo.layers import SlotPooling

B, N, L, D, S, V, K, M = 2, 3, 5, 4, 6, 7, 2, 3


def test_equations_with_more_words_than_places():
    rng = np.random.default_rng(0)
    x, s, v = (
        rng.normal(size=(B, N, L, D)),
        rng.normal(size=(B, N, S)),
        rng.normal(size=(B, N, L, V)),
    )
    x, s, v = (each.astype("float32") for each in (x, s, v))
    mask = np.arange(L) < rng.integers(0, L + 1, (B, N, 1))
    mask[0, 0], mask[1, 1] = False, True
    layer = SlotPooling(K, M)
    layer(x, s)
    randomize_weights(layer)
    outputs = np.array(layer(x, s, v, mask=mask))
    a, w, c = (np.array(each) for each in (layer.word_kernel, layer.place_kernel, layer.place_bias))
    for b in range(B):
        for n in range(N):
            by_place = (s[b, n] @ w + c).reshape(K, M)
            for k in range(K):
                words = np.flatnonzero(mask[b, n])
                scores = np.array(
                    [x[b, n, j] @ a[:, k] + by_place[k, min(j, M - 1)] for j in words]
                )
                p = np.exp(scores - scores.max()) if len(words) else scores
                expected = (p / p.sum()) @ v[b, n, words] if len(words) else np.zeros(V)
                np.testing.assert_allclose(outputs[b, n, k], expected, rtol=1e-4, atol=1e-5)


def test_the_same_word_gives_the_same_vector_at_another_place():
    """As long as the summary does not tell the places apart."""
    layer = SlotPooling(1, M)
    words = np.random.default_rng(0).normal(size=(1, 3, D)).astype("float32")
    summary = np.zeros((1, S), "float32")
    first = layer(words, summary)
    np.testing.assert_allclose(layer(words[:, [2, 0, 1]], summary), first, atol=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="`slots` must be a positive integer, got 0"):
        SlotPooling(0, 3)
    layer = SlotPooling(K, M)
    with pytest.raises(ValueError, match="`summary` must have the shape"):
        layer(np.ones((2, 3, D), "float32"), np.ones((1, S), "float32"))
