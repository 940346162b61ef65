"""Linear-chain conditional random field."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._forward_backward import (
    backward_algorithm,
    backward_scores,
    first_steps,
    forward_algorithm,
)
from zoo.layers._tag_constraints import allowed_moves
from zoo.layers._time_loop import time_loop

FORBIDDEN = -1e4


@keras.saving.register_keras_serializable("zoo")
class CRF(keras.layers.Layer):
    """A linear-chain conditional random field: scores whole sequences of tags.

        s(x, y)  = start_{y_1} + sum_t P_{t, y_t} + sum_{t > 1} A_{y_{t-1}, y_t} + end_{y_n}
        p(y | x) = exp(s(x, y)) / sum_{y'} exp(s(x, y'))

    with `P` the potentials that a network gives, and `A`, `start` and `end` learnt. A call decodes:
    it gives the likeliest sequence, by the algorithm of Viterbi. `log_likelihood` is for training;
    its sum over all sequences is the forward algorithm, and its gradient the marginals, by the
    forward-backward algorithm. All is computed in float32 at least, also under mixed precision.

    Args:
        num_tags: Number `C` of tags.
        tags: Names of the tags, optionally. If they are those of entities, in IOB2 (`B-`, `I-`,
            `O`) or BIOES (`E-`, `S-` besides), no sequence that breaks the scheme is ever decoded.
            Training is not constrained: a gold sequence that breaks it has a finite loss.

    Call arguments:
        potentials: Float tensor `(B, T, C)`.
        mask: Boolean tensor `(B, T)`, true for words; padding is on the right. All true by default.

    Returns:
        The likeliest tags, int32 `(B, T)`, 0 where the mask is false.

    Errors:
        ValueError: If `num_tags` is not positive, `tags` are not so many different names, or
            tensors have other shapes.

    Example:
        >>> crf = CRF(3, tags=["O", "B-PER", "I-PER"])
        >>> crf(ops.array([[[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]]])).tolist()
        [[1, 2]]

    Reference: Lafferty et al. 2001, "Conditional Random Fields"; Lample et al. 2016,
    arXiv:1603.01360, section 2.2; Rabiner 1989, "A Tutorial on Hidden Markov Models", section III.
    """

    def __init__(self, num_tags, *, tags=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        check_positive(num_tags=num_tags)
        if tags is not None and len(set(tags)) != num_tags:
            raise ValueError(f"`tags` must be {num_tags} different names, got {list(tags)}.")
        self.num_tags = num_tags
        self.tags = None if tags is None else list(tags)
        self._allowed = allowed_moves(self.tags)

    def build(self, input_shape):
        size, initializer = self.num_tags, keras.initializers.RandomUniform(-0.1, 0.1)
        self.transitions = self.add_weight((size, size), initializer, name="transitions")
        self.start = self.add_weight((size,), initializer, name="start")
        self.end = self.add_weight((size,), initializer, name="end")

    def call(self, potentials, mask=None):
        potentials, mask = self._time_major(potentials, mask)  # (T, B, C), (T, B, 1)
        transitions, start, end = self._scores(constrained=True)
        valid = mask > 0

        def forward(rows, states):
            scores = states[0][:, :, None] + transitions  # (B, C, C)
            best = ops.where(rows[2] > 0, start, ops.max(scores, axis=1)) + rows[0]
            best = ops.where(rows[1] > 0, best, states[0])
            return [ops.cast(ops.argmax(scores, axis=1), "int32")], [best]

        def backward(rows, states):
            tag = states[0]  # (B, 1)
            before = ops.take_along_axis(rows[0], tag, axis=1)
            return [tag], [ops.where(rows[1] > 0, before, tag)]

        nothing = ops.zeros_like(potentials[0])
        inputs = [potentials, mask, first_steps(mask)]
        (pointers,), (best,) = time_loop(forward, inputs, [nothing])
        last = ops.cast(ops.argmax(best + end, axis=-1, keepdims=True), "int32")
        (tags,), _ = time_loop(backward, [pointers, mask], [last], reverse=True)
        tags = ops.where(valid, ops.flip(tags, 0), 0)  # (T, B, 1)
        return ops.transpose(tags[..., 0])

    def log_likelihood(self, potentials, tags, mask=None):
        """`log p(y | x)` of tags `(B, T)`, whatever they are at padding: float `(B,)`.

        It is 0 for a row without words.
        """
        return self.path_score(potentials, tags, mask) - self.log_partition(potentials, mask)

    def path_score(self, potentials, tags, mask=None):
        """The score `s(x, y)` of tags `(B, T)`: float `(B,)`."""
        potentials, mask = self._time_major(potentials, mask)
        transitions, start, end = self._scores()
        mask = mask[..., 0]  # (T, B)
        check_shape("tags", tags, tuple(mask.shape)[::-1], "(batch, time)")
        tags = ops.where(mask > 0, ops.cast(ops.transpose(tags), "int32"), 0)  # (T, B)
        chosen = ops.take_along_axis(potentials, tags[..., None], axis=-1)[..., 0]
        pairs = tags[:-1] * self.num_tags + tags[1:]
        moves = ops.take(ops.reshape(transitions, (-1,)), pairs)
        last = mask - ops.pad(mask[1:], [[0, 1], [0, 0]])  # 1 at the last word
        score = ops.sum(chosen * mask + ops.take(end, tags) * last, axis=0)
        return score + ops.sum(moves * mask[1:], axis=0) + ops.take(start, tags[0]) * mask[0]

    def log_partition(self, potentials, mask=None):
        """The logarithm of the sum over all sequences, float `(B,)`."""

        @ops.custom_gradient
        def run(potentials, mask, *scores):
            alphas, total = forward_algorithm(potentials, mask, *scores)

            def gradient(*upstream):
                (d_total,) = keras.tree.flatten(upstream)
                return backward_algorithm(potentials, mask, *scores, alphas, total, d_total)

            return total, gradient

        return run(*self._time_major(potentials, mask), *self._scores())

    def marginals(self, potentials, mask=None):
        """The probability of each tag at each step, `p(y_t = c | x)`: float `(B, T, C)`.

        It is 0 where the mask is false.
        """
        potentials, mask = self._time_major(potentials, mask)
        scores = self._scores()
        alphas, total = forward_algorithm(potentials, mask, *scores)
        betas = backward_scores(potentials, mask, scores[0], scores[2])
        return ops.transpose(ops.exp(alphas + betas - total[:, None]) * mask, (1, 0, 2))

    def _time_major(self, potentials, mask):
        """Both with time first, as floats: `(T, B, C)` and `(T, B, 1)`."""
        potentials = ops.cast(ops.convert_to_tensor(potentials), self.variable_dtype)
        check_shape(
            "potentials", potentials, (None, None, self.num_tags), "(batch, time, num_tags)"
        )
        potentials = ops.transpose(potentials, (1, 0, 2))
        if mask is None:
            return potentials, ops.ones_like(potentials[..., :1])
        check_shape("mask", mask, tuple(potentials.shape[1::-1]), "(batch, time)")
        mask = ops.cast(ops.transpose(mask), self.variable_dtype)
        return potentials, mask[..., None]

    def _scores(self, constrained=False):
        """Transitions, start and end, with a penalty on what the tags' scheme forbids."""
        # A cast, for on TensorFlow a variable would not pass for a tensor in `custom_gradient`.
        weights = (self.transitions, self.start, self.end)
        scores = [ops.cast(weight, self.variable_dtype) for weight in weights]
        if not constrained or self._allowed is None:
            return scores
        return [
            ops.where(allowed, score, FORBIDDEN) for allowed, score in zip(self._allowed, scores)
        ]

    def compute_output_spec(self, potentials, mask=None):
        return keras.KerasTensor(potentials.shape[:2], "int32")

    def get_config(self):
        return {**super().get_config(), "num_tags": self.num_tags, "tags": self.tags}
