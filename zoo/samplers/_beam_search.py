"""The steps of a beam search; `BeamSampler` has their description and runs them."""

from typing import Any, NamedTuple

from keras import ops

NEVER = float("-inf")  # the score of a hypothesis that there is not


class Hypotheses(NamedTuple):
    """`N` hypotheses for each row, best first.

    Attributes:
        tokens: Int32 tensor `(B, N, L)`.
        scores: Float32 tensor `(B, N)`: `log p`, or `s` if they have ended.
    """

    tokens: Any
    scores: Any


class BeamSearch(NamedTuple):
    """What does not change during a search.

    Attributes:
        prompt: Int32 tensor `(B, L)`.
        given: Boolean tensor `(B, L)`, true for the tokens of the prompt that are to stay.
        norms: Float32 tensor `(B, L)`, `lp(n)` of what ends at each place.
        stops: Int32 tensor `(S,)`, the stop tokens.
        width: Number `K` of hypotheses.
        wanted: Number of answers, up to `K`.
    """

    prompt: Any
    given: Any
    norms: Any
    stops: Any
    width: int
    wanted: int

    def start(self):
        """One open hypothesis, the prompt, and none that has ended."""
        tokens = ops.repeat(self.prompt[:, None], self.width, axis=1)  # (B, K, L)
        nowhere = ops.full_like(tokens[..., 0], NEVER, dtype="float32")  # (B, K)
        is_first = ops.arange(self.width, dtype="int32") == 0
        return Hypotheses(tokens, ops.where(is_first, 0.0, nowhere)), Hypotheses(tokens, nowhere)

    def may_change(self, alive, ended):
        """Whether an open hypothesis of any row can still become one of the answers."""
        bound = alive.scores[:, 0] / self.norms[:, -1]
        return ops.any(bound > ended.scores[:, self.wanted - 1])

    def step(self, alive, ended, logits, index):
        """One more token.

        Args:
            alive: The open `Hypotheses`.
            ended: Those that have ended.
            logits: Float tensor `(B K, V)` for the open ones.
            index: Int32 tensor `()`, the place of the token.

        Returns:
            The next `alive` and `ended`, and for each of the former the one that it continues, as
            a row of `B K`: int32 `(B K,)`.
        """
        scores, beams, words = self._continuations(alive.scores, logits, index)  # (B, C)
        is_here = ops.arange(ops.shape(self.prompt)[1], dtype="int32") == index  # (L,)
        tokens = ops.where(is_here, words[..., None], pick(alive.tokens, beams))  # (B, C, L)

        is_stop = ops.any(words[..., None] == self.stops, axis=-1)
        is_stop = ops.logical_and(is_stop, ~self.given[:, index][:, None])
        alive, kept = best(tokens, ops.where(is_stop, NEVER, scores), self.width)

        is_high = ops.arange(ops.shape(words)[1], dtype="int32") < self.width
        normalised = scores / self.norms[:, index][:, None]
        normalised = ops.where(ops.logical_and(is_stop, is_high), normalised, NEVER)
        tokens = ops.concatenate([ended.tokens, tokens], axis=1)
        ended, _ = best(tokens, ops.concatenate([ended.scores, normalised], axis=1), self.width)
        return alive, ended, ops.reshape(flat_rows(pick(beams, kept), self.width), (-1,))

    def _continuations(self, scores, logits, index):
        """The best `C = min((1 + S) K, K V)`: their `log p`, what they continue, their tokens."""
        width, vocabulary = self.width, logits.shape[-1]
        count = min((1 + self.stops.shape[0]) * width, width * vocabulary)
        steps = ops.log_softmax(ops.cast(logits, "float32"), axis=-1)
        steps = ops.reshape(steps, (-1, width, vocabulary))
        totals = scores[..., None]  # (B, K, 1)
        # What follows a hypothesis that there is not may be anything, and is never chosen.
        totals = ops.where(totals > NEVER, totals + steps, NEVER)
        best_totals, places = ops.top_k(ops.reshape(totals, (-1, width * vocabulary)), count)

        is_given = self.given[:, index][:, None]  # (B, 1)
        same = ops.pad(scores, ((0, 0), (0, count - width)), constant_values=NEVER)  # (B, C)
        itself = ops.minimum(ops.arange(count, dtype="int32"), width - 1)
        return (
            ops.where(is_given, same, best_totals),
            ops.where(is_given, itself, places // vocabulary),
            ops.where(is_given, self.prompt[:, index][:, None], places % vocabulary),
        )

    def answers(self, alive, ended):
        """The `Hypotheses` that have ended, or where there are none, the open ones."""
        has_ended = ended.scores[:, :1] > NEVER
        scores = ops.where(has_ended, ended.scores, alive.scores / self.norms[:, -1:])
        tokens = ops.where(has_ended[..., None], ended.tokens, alive.tokens)
        return Hypotheses(ops.where(scores[..., None] > NEVER, tokens, 0), scores)


def best(tokens, scores, count):
    """The best `count` of the hypotheses `(B, N)`, and their places, int32 `(B, count)`."""
    scores, places = ops.top_k(scores, count)
    return Hypotheses(pick(tokens, places), scores), places


def pick(x, places):
    """The `x[b, places[b, j]]` for `x` `(B, N, ...)` and `places` `(B, J)`: `(B, J, ...)`."""
    size, *rest = ops.shape(x)[1:]
    return ops.take(ops.reshape(x, (-1, *rest)), flat_rows(places, size), axis=0)


def flat_rows(places, size):
    """Where `places` `(B, J)` of `size` are when the rows of a batch lie one after the other."""
    return places + size * ops.arange(ops.shape(places)[0], dtype="int32")[:, None]
