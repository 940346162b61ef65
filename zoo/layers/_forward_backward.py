"""The sum over all sequences of tags, and its gradient.

`potentials (T, B, C)` and `mask (T, B, 1)` have time first; `transitions (C, C)`, `start (C,)` and
`end (C,)` are as in `CRF`. A forward score is the log of the sum over all beginnings of a sequence,
a backward score that over all ends.
"""

from keras import ops

from zoo.layers._time_loop import time_loop

TINY = 1e-37  # what a sum of exponentials is at least


def first_steps(mask):
    """1 at the first step, else 0: float `(T, 1, 1)`."""
    steps = ops.arange(ops.shape(mask)[0], dtype="int32")
    return ops.cast(steps == 0, mask.dtype)[:, None, None]


def log_matmul(logs, matrix):
    """`log(exp(logs) @ matrix)` for logs `(B, C)`."""
    highest = ops.max(logs, axis=-1, keepdims=True)
    sums = ops.matmul(ops.exp(logs - highest), matrix)
    return highest + ops.log(ops.maximum(sums, TINY))


def forward_algorithm(potentials, mask, transitions, start, end):
    """The forward scores `(T, B, C)`, and the log of the sum over all sequences `(B,)`."""
    moves = ops.exp(transitions)

    def step(rows, states):
        alpha = ops.where(rows[2] > 0, start, log_matmul(states[0], moves)) + rows[0]
        alpha = ops.where(rows[1] > 0, alpha, states[0])
        return [alpha], [alpha]

    inputs = [potentials, mask, first_steps(mask)]
    (alphas,), (last,) = time_loop(step, inputs, [ops.zeros_like(potentials[0])])
    return alphas, ops.logsumexp(last + end, axis=-1) * (mask[0, :, 0])


def backward_scores(potentials, mask, transitions, end):
    """The backward scores `(T, B, C)`."""
    moves = ops.exp(ops.transpose(transitions))

    def step(rows, states):
        before = log_matmul(rows[0] + states[0], moves)
        return [states[0]], [ops.where(rows[1] > 0, before, states[0])]

    last = ops.zeros_like(potentials[0]) + end
    (betas,), _ = time_loop(step, [potentials, mask], [last], reverse=True)
    return ops.flip(betas, 0)


def backward_algorithm(potentials, mask, transitions, start, end, alphas, total, d_total):
    """The gradients of `log_partition` by its tensors, from that of the loss by it."""
    betas = backward_scores(potentials, mask, transitions, end)
    weights = mask * d_total[:, None]  # (T, B, 1)
    unary = ops.exp(alphas + betas - total[:, None]) * weights  # (T, B, C)
    ahead = potentials[1:] + betas[1:]
    # Two factors of a pair's probability: their highest values go into one of them.
    tops = [ops.max(part, axis=-1, keepdims=True) for part in (alphas[:-1], ahead)]
    scale = ops.exp(tops[0] + tops[1] - total[:, None]) * weights[1:]
    before = ops.reshape(ops.exp(alphas[:-1] - tops[0]) * scale, (-1, potentials.shape[-1]))
    after = ops.reshape(ops.exp(ahead - tops[1]), (-1, potentials.shape[-1]))
    pairs = ops.matmul(ops.transpose(before), after) * ops.exp(transitions)
    last = mask - ops.pad(mask[1:], [[0, 1], [0, 0], [0, 0]])
    ends = ops.sum(unary * last, axis=(0, 1))
    return unary, ops.zeros_like(mask), pairs, ops.sum(unary[0], axis=0), ends
