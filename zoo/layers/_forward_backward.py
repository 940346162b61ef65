"""The sum over all sequences of tags, its gradient, and the best of them.

Time comes first. `unary (T, B, C)` are the potentials, with the scores of start and end in those of
the first and the last word; `moves (T, B, 1)` is 1 at words with a word before them, and `first` of
the same shape at those without, else both are 0; `transitions (C, C)` are as in `CRF`.
"""

import keras
from keras import ops

from zoo.layers._products import flat, product
from zoo.layers._time_loop import Lane, time_loop

# Transitions count as no further below the highest one. So `exp` keeps all of them above 0, no sum
# over them is 0, and an inverse of such a sum stays finite in float32, also summed over a batch.
SPREAD = 70.0


def log_partition(unary, first, moves, transitions):
    """The log of the sum over all sequences `(B,)`, whose gradient is the `expectations`."""

    @ops.custom_gradient
    def run(unary, first, moves, transitions):  # all are, else JAX gives them no gradient
        alphas, total = forward_algorithm(unary, first, moves, transitions)

        def gradient(*upstream):
            (d_total,) = keras.tree.flatten(upstream)  # JAX gives a tuple
            weights = d_total[:, None]
            tags, pairs = expectations(alphas, moves, transitions, weights)
            return tags * weights, ops.zeros_like(first), ops.zeros_like(moves), pairs

        return total, gradient

    return run(unary, first, moves, transitions)


def forward_algorithm(unary, first, moves, transitions):
    """The forward scores and the log of the sum over all sequences.

        alpha_1 = P_1,  alpha_t = P_t + log(exp(alpha_{t-1}) exp(A))

    Returns:
        `alpha (T, B, C)`, at padding that of the word before, if there is none of the first word;
        and the logarithm `(B,)`.
    """
    kernel, highest = exp_transitions(transitions)

    def step(rows, states):
        (scores, move), (alpha,) = rows, states
        top = ops.max(alpha, axis=-1, keepdims=True)
        sums = ops.matmul(ops.exp(alpha - top), kernel)
        alpha = ops.where(move > 0, scores + top + ops.log(sums), alpha)
        return [alpha], [alpha]

    (alphas,), (last,) = loop(step, [unary + highest, moves], _of_first(unary, first))
    return alphas, ops.logsumexp(last, axis=-1)


def expectations(alphas, moves, transitions, weights):
    """How often tags and pairs of tags are expected, by a loop back over time.

    With `Q = exp(A)`, `p_t = exp(alpha_{t-1})` and `s_t = p_t Q`, the probabilities `g` of tags are

        g_T = softmax(alpha_T),  g_{t-1} = p_t * ((g_t / s_t) Q^T)

    and those of pairs `(p_t)_i Q_ij (g_t / s_t)_j`. A factor in `p_t` cancels out.

    Args:
        alphas: What `forward_algorithm` gave.
        weights: Weights `(B, 1)` of the rows, for the pairs.

    Returns:
        `g (T, B, C)`, at padding that of the word before or after; and the sum over pairs `(C, C)`.
    """
    kernel, _ = exp_transitions(transitions)
    transposed = ops.transpose(kernel)
    before = ops.concatenate([alphas[:1], alphas[:-1]], 0)
    before = ops.exp(before - ops.max(before, axis=-1, keepdims=True))  # (T, B, C), p
    sums = product(before, kernel)
    inverse = moves / sums  # (T, B, C), 0 where no word was before

    def step(rows, states):
        (p, inverse, move), (tags,) = rows, states
        new = p * ops.matmul(tags * inverse, transposed)
        return [tags], [ops.where(move > 0, new, tags)]

    last = ops.softmax(alphas[-1], axis=-1)
    (tags,), _ = loop(step, [before, inverse, moves], last, reverse=True)
    tags = ops.flip(tags, 0)
    pairs = ops.matmul(ops.transpose(flat(before * weights)), flat(tags * inverse))
    return tags, pairs * kernel


def exp_transitions(transitions):
    """`exp(transitions - highest)`, and the highest."""
    highest = ops.max(transitions)
    return ops.exp(ops.maximum(transitions - highest, -SPREAD)), highest


def _of_first(unary, first):
    """The scores `(B, C)` at the first words."""
    return ops.sum(ops.where(first > 0, unary, 0), axis=0)


def best_sequence(unary, first, moves, transitions):
    """The sequence with the highest score, by the algorithm of Viterbi: int32 `(T, B)`.

    Which tag came before is found on the way back, for the best one alone: `argmax` is slow.
    """
    transposed = ops.transpose(transitions)  # to, from

    def forward(rows, states):
        (scores, move), (best,) = rows, states
        new = ops.max(best[:, None, :] + transposed, axis=-1) + scores  # (B, C)
        best = ops.where(move > 0, new, best)
        return [best], [best]

    def backward(rows, states):
        (scores, move), (tag,) = rows, states  # (B, C), (B, 1), (B,)
        before = ops.argmax(scores + ops.take(transposed, tag, axis=0), axis=-1)
        return [tag], [ops.where(move[:, 0] > 0, ops.cast(before, "int32"), tag)]

    (scores,), (best,) = loop(forward, [unary, moves], _of_first(unary, first))
    before = ops.concatenate([scores[:1], scores[:-1]], 0)
    last = ops.cast(ops.argmax(best, axis=-1), "int32")
    (tags,), _ = loop(backward, [before, moves], last, reverse=True)
    return ops.flip(tags, 0)


def loop(step, inputs, state, reverse=False):
    """The outputs of all steps, and the last state, each in a list."""
    return time_loop([Lane(step, inputs, [state], reverse)])[0]
