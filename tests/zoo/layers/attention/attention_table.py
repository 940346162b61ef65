"""The attention layers, inputs to try them on, and their shared equations in NumPy."""

from functools import partial

import numpy as np

from tests.layer_checks import randomize_weights
from zoo import layers

B, T, S, D, H, A = 3, 4, 6, 5, 5, 7  # D = H, for the score "dot"
RNG = np.random.default_rng(0)
QUERY = RNG.normal(size=(B, T, H)).astype("float32")
MEMORY = RNG.normal(size=(B, S, D)).astype("float32")
MASK = np.arange(S) < np.array([[6], [3], [1]])

ATTENTIONS = {
    "additive": partial(layers.AdditiveAttention, A),
    "dot": partial(layers.MultiplicativeAttention, "dot"),
    "general": partial(layers.MultiplicativeAttention, "general"),
    "concat": partial(layers.MultiplicativeAttention, "concat"),
    "predictive": partial(layers.LocalAttention, 2),
    "predictive, as in the paper": partial(layers.LocalAttention, 2, units=A, normalize=False),
    "monotonic": partial(layers.LocalAttention, 2, mode="monotonic"),
    "straight-through": partial(layers.HardAttention, A),
    "score function": partial(layers.HardAttention, A, estimator="score_function"),
    "heads": partial(layers.MultiHeadAttention, 3, A),
    "heads, summed": partial(layers.MultiHeadAttention, 3, A, combine="sum"),
    "heads, normalised": partial(layers.MultiHeadAttention, 3, A, add_and_norm=True),
}


def built(make_layer, query=QUERY, memory=MEMORY, **options):
    """The layer with random weights."""
    layer = make_layer(**options)
    layer.build(query.shape, memory.shape)
    randomize_weights(layer)
    return layer


def softmax(scores, allowed):
    """Over the last axis where `allowed` is true, row by row; 0 elsewhere."""
    allowed = np.broadcast_to(allowed, scores.shape)
    weights = np.zeros_like(scores)
    for row in np.ndindex(scores.shape[:-1]):
        chosen = np.exp(scores[row][allowed[row]])
        weights[row][allowed[row]] = chosen / chosen.sum()
    return weights


def additive(query, memory, query_kernel, memory_kernel, vector):
    """`v^T tanh(W s_t + U h_j)`, pair by pair."""
    scores = np.zeros((B, T, S))
    for b, t, j in np.ndindex(B, T, S):
        hidden = np.tanh(query_kernel.T @ query[b, t] + memory_kernel.T @ memory[b, j])
        scores[b, t, j] = vector @ hidden
    return scores


def named_weights(layer):
    return {weight.name: weight.numpy() for weight in layer.trainable_variables}


def check(answer, expected_context, expected_weights):
    context, weights = answer
    np.testing.assert_allclose(weights, expected_weights, 1e-5, 1e-6)
    np.testing.assert_allclose(context, expected_context, 1e-4, 1e-5)
