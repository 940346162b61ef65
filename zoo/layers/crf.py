"""Linear-chain conditional random field."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._forward_backward import (
    best_sequence,
    expectations,
    forward_algorithm,
    log_partition,
)
from zoo.layers._masks import prepare_mask
from zoo.layers._tag_constraints import tag_penalties


@keras.saving.register_keras_serializable("zoo")
class CRF(keras.layers.Layer):
    """A linear-chain conditional random field: scores whole sequences of tags.

        s(x, y)  = start_{y_1} + sum_t P_{t, y_t} + sum_{t > 1} A_{y_{t-1}, y_t} + end_{y_n}
        p(y | x) = exp(s(x, y)) / sum_{y'} exp(s(x, y'))

    with `P` the potentials that a network gives, and `A`, `start` and `end` learnt. A call decodes:
    it gives the likeliest sequence, by the algorithm of Viterbi. `log_likelihood` is for training;
    its sum over all sequences is the forward algorithm, and its gradient the marginals, by the
    forward-backward algorithm. All is computed in float32 at least, also under mixed precision.
    Sums count a transition that is more than 70 below the highest one as 70 below it.

    Args:
        num_tags: Number `C` of tags.
        tags: Names of the tags, optionally. If they are those of entities, in IOB2 (`B-`, `I-`,
            `O`) or BIOES (`E-`, `S-` besides), no sequence that breaks the scheme is ever decoded.
            With other names all sequences are allowed.
            Training is not constrained: a gold sequence that breaks it has a finite loss.

    Call arguments:
        potentials: Float tensor `(B, T, C)`.
        mask: Boolean tensor `(B, T)`, true for words; padding may be anywhere, and words follow one
            another over it. What the potentials are at padding has no effect. All true by default.

    Returns:
        The likeliest tags, int32 `(B, T)`, 0 where the mask is false.

    Errors:
        ValueError: If `num_tags` is not positive, `tags` are not so many different names, or
            tensors have other shapes, or no step.

    Example:
        >>> crf = CRF(3, tags=["O", "B-PER", "I-PER"])
        >>> best = crf(ops.array([[[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]]]))
        >>> ops.convert_to_numpy(best).tolist()
        [[1, 2]]

    Reference: Lafferty et al. 2001, "Conditional Random Fields"; Lample et al. 2016,
    arXiv:1603.01360, section 2.2; Rabiner 1989, "A Tutorial on Hidden Markov Models", section III.
    """

    def __init__(self, num_tags, *, tags=None, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        check_positive(num_tags=num_tags)
        if tags is not None and not len(tags) == len(set(tags)) == num_tags:
            raise ValueError(f"`tags` must be {num_tags} different names, got {list(tags)}.")
        self.num_tags = num_tags
        self.tags = None if tags is None else list(tags)
        self._penalties = tag_penalties(self.tags or ["O"] * num_tags)

    def build(self, input_shape):
        size = self.num_tags
        # Without autocast: under mixed precision the maths has the weights as they are.
        options = {"initializer": keras.initializers.RandomUniform(-0.1, 0.1), "autocast": False}
        self.transitions = self.add_weight((size, size), name="transitions", **options)
        self.start = self.add_weight((size,), name="start", **options)
        self.end = self.add_weight((size,), name="end", **options)

    def call(self, potentials, mask=None):
        chain, valid = self._chain(potentials, mask, constrained=True)
        tags = best_sequence(*chain)  # (T, B)
        return ops.where(valid, ops.transpose(tags), 0)

    def log_likelihood(self, potentials, tags, mask=None):
        """`log p(y | x)` of tags `(B, T)`, whatever they are at padding: float `(B,)`.

        It is 0 for a row without words.
        """
        return self.path_score(potentials, tags, mask) - self.log_partition(potentials, mask)

    def path_score(self, potentials, tags, mask=None):
        """The score `s(x, y)` of tags `(B, T)`: float `(B,)`."""
        (unary, _, _, transitions), valid = self._chain(potentials, mask)
        tags = ops.cast(ops.convert_to_tensor(tags), "int32")
        check_shape("tags", tags, tuple(valid.shape), "(batch, time)")
        tags = ops.where(valid, tags, 0)
        unary = ops.transpose(unary, (1, 0, 2))
        chosen = ops.take_along_axis(unary, tags[..., None], axis=-1)[..., 0]  # (B, T)
        # Words first, in their order, so that those that follow one another are neighbours.
        steps = ops.arange(ops.shape(valid)[1], dtype="int32")
        order = ops.argsort(ops.where(valid, steps, steps + ops.shape(valid)[1]), axis=1)
        tags = ops.take_along_axis(tags, order, axis=1)
        words = ops.sum(ops.cast(valid, "int32"), axis=1, keepdims=True)
        pairs = tags[:, :-1] * self.num_tags + tags[:, 1:]
        moves = ops.take(ops.reshape(transitions, (-1,)), pairs)  # (B, T - 1)
        moves = ops.where(steps[1:] < words, moves, 0)
        return ops.sum(chosen, axis=1) + ops.sum(moves, axis=1)

    def log_partition(self, potentials, mask=None):
        """The logarithm of the sum over all sequences, float `(B,)`."""
        chain, valid = self._chain(potentials, mask)
        return ops.where(ops.any(valid, axis=1), log_partition(*chain), 0)

    def marginals(self, potentials, mask=None):
        """The probability of each tag at each step, `p(y_t = c | x)`: float `(B, T, C)`.

        It is 0 where the mask is false.
        """
        (unary, first, moves, transitions), valid = self._chain(potentials, mask)
        alphas, _ = forward_algorithm(unary, first, moves, transitions)
        tags, _ = expectations(alphas, moves, transitions, ops.ones_like(moves[0]))
        return ops.where(valid[..., None], ops.transpose(tags, (1, 0, 2)), 0)

    def _chain(self, potentials, mask, constrained=False):
        """What `_forward_backward` wants, and the mask `(B, T)`.

        Returns:
            A tuple of `unary (T, B, C)`, which is 0 at padding, `first (T, B, 1)`,
            `moves (T, B, 1)` and the transitions; and the mask.
        """
        shape, size = "(batch, time, num_tags)", self.num_tags
        potentials = ops.convert_to_tensor(potentials)
        check_shape("potentials", potentials, (None, None, size), shape)
        if potentials.shape[1] == 0:
            raise ValueError("`potentials` must have at least one step, got none.")
        valid = prepare_mask(potentials, mask)
        check_shape("mask", valid, tuple(potentials.shape[:2]), "(batch, time)")
        if not self.built:
            self.build(tuple(potentials.shape))
        dtype = keras.backend.result_type(self.variable_dtype, "float32")
        scores = [ops.cast(each, dtype) for each in (self.transitions, self.start, self.end)]
        if constrained:
            scores = [score + penalty for score, penalty in zip(scores, self._penalties)]
        transitions, start, end = scores
        count = ops.cast(valid, "int32")
        number = ops.cumsum(count, axis=1)  # of a word in its row, from 1
        first = ops.logical_and(valid, number == 1)
        ends = ops.logical_and(valid, number == ops.sum(count, axis=1, keepdims=True))
        edges = ops.cast(ops.stack([first, ends], axis=-1), dtype)  # (B, T, 2)
        unary = ops.cast(potentials, dtype) + ops.matmul(edges, ops.stack([start, end]))
        unary = ops.transpose(ops.where(valid[..., None], unary, 0), (1, 0, 2))
        first, moves = (
            ops.transpose(ops.cast(each, dtype))[..., None]
            for each in (first, ops.logical_and(valid, number > 1))
        )
        return (unary, first, moves, transitions), valid

    def compute_output_spec(self, potentials, mask=None):
        return keras.KerasTensor(potentials.shape[:2], "int32")

    def get_config(self):
        return {**super().get_config(), "num_tags": self.num_tags, "tags": self.tags}
