"""Beam search with length normalisation."""

import math
import numbers

import keras
import keras_hub
from keras import ops

from zoo.argument_names import names_the_nearest
from zoo.layers._checks import check_positive, check_shape
from zoo.samplers._beam_search import BeamSearch


@names_the_nearest
@keras.saving.register_keras_serializable("zoo")
class BeamSampler(keras_hub.samplers.Sampler):
    """Beam search for the token ids of the highest normalised score.

        s(y)  = log p(y_1 ... y_n) / lp(n)
        lp(n) = ((5 + n) / 6) ** alpha

    for the `n` tokens that are generated, the stop token among them. Without the division short
    answers win, as each token lowers `log p`. Each row has up to `K` open hypotheses, which are
    ranked by `log p`, and the best `K` that have ended, which are ranked by `s`. A step:

    1. Of the `K V` continuations of the open ones, take the best `2 K`; with `S` stop tokens,
       `(1 + S) K`, so that at least `K` of them do not end.
    2. Those among the best `K` that end in a stop token compete with the ended ones.
    3. The best `K` of those that do not end are the open ones of the next step.

    The search ends at the length `L`, or before it once no answer can change: `log p` only falls,
    so that `s` of whatever follows an open hypothesis is at most its `log p / lp(n_max)`. A row
    where nothing has ended gives its best open hypothesis. Rows do not depend on each other. With
    `beam_width=1` and `length_penalty=0` this is greedy search up to the stop token. Probabilities
    and scores are float32, whatever the logits are.

    Args:
        beam_width: Number `K` of hypotheses, which may exceed the number of those that there are.
        length_penalty: The exponent `alpha`, at least 0. The higher it is, the longer the answers;
            with 0, `s = log p`.
        return_all_beams: Whether to return the best `K` answers and their scores. The search then
            goes on until none of them can change.

    Call arguments:
        next: Function of the prompt `(B K, L)`, the cache and the index, that gives the logits
            `(B K, V)` of the token at the index, KerasHub's hidden states, which may be anything,
            and the next cache. `V` must be static, and shapes and dtypes of the cache constant.
            The token before is `prompt[:, index - 1]`.
        prompt: Integer tensor `(B, L)`: what is given, from the start token on, then 0.
        cache: Nested structure of tensors whose first axis is `B`, or `None`. `next` gets it with
            `B K` rows, and they move along with the hypotheses. What all hypotheses of a row share
            is better closed over by `next`, which spares moving it. The `K` rows of an example are
            neighbours, so that `ops.repeat(x, sampler.rows_per_example, axis=0)` fits.
        index: Integer, or tensor `()` of one: the first place to write to, 0 by default.
        mask: Boolean tensor `(B, L)`, true for given tokens from `index` on, before the first free
            place of their row. They stay, end nothing, and count neither in `log p` nor in `n`.
        stop_token_ids: List of integers. Without any, all answers have the length `L`.
        hidden_states: Ignored, as by KerasHub's samplers.
        model: The model that `next` calls, for KerasHub's loop on JAX.

    Returns:
        Token ids, int32 `(B, L)`, 0 after the stop token. With `return_all_beams`, ids `(B, K, L)`,
        best first, and float32 scores `(B, K)`; where a row has fewer than `K` answers, the ids of
        the rest are 0 and the scores `-inf`.

    Errors:
        ValueError: If `beam_width` is not a positive integer, `length_penalty` not a finite number
            that is at least 0, or `prompt` and `mask` do not have the shape `(B, L)`.

    Example:
        >>> moves = ops.array([[0, 0, 0, 0], [0, 0, 0.45, 0.55], [0, 0, 0, 0], [0, 0, 0.8, 0.2]])
        >>> def step(prompt, cache, index):
        ...     return ops.log(ops.take(moves, prompt[:, index - 1], axis=0)), None, cache
        >>> prompt = ops.array([[1, 0, 0, 0]])  # 1 starts, 2 stops
        >>> ops.convert_to_numpy(BeamSampler(2)(step, prompt, index=1, stop_token_ids=[2])).tolist()
        [[1, 3, 2, 0]]
        >>> likeliest = BeamSampler(2, length_penalty=0, return_all_beams=True)
        >>> ids, scores = likeliest(step, prompt, index=1, stop_token_ids=[2])
        >>> ops.convert_to_numpy(ids).tolist(), ops.convert_to_numpy(ops.exp(scores)).round(2)
        ([[[1, 2, 0, 0], [1, 3, 2, 0]]], array([[0.45, 0.44]], dtype=float32))

    Reference: Wu et al. 2016, arXiv:1609.08144, section 7, equation 14 without its coverage
    penalty.
    """

    def __init__(self, beam_width=5, *, length_penalty=1.0, return_all_beams=False):
        super().__init__()
        check_positive(beam_width=beam_width)
        _check_penalty(length_penalty)
        self.beam_width = beam_width
        self.length_penalty = length_penalty
        self.return_all_beams = return_all_beams

    @property
    def rows_per_example(self):
        """How many rows, side by side, `next` gets for each one of the batch: `K`."""
        return self.beam_width

    def __call__(
        self,
        next,
        prompt,
        cache=None,
        index=0,
        mask=None,
        stop_token_ids=None,
        hidden_states=None,
        model=None,
    ):
        search, index = self._search(prompt, index, mask, stop_token_ids), ops.cast(index, "int32")
        length = ops.shape(search.prompt)[1]

        def cond(alive, ended, cache, index):
            return search.may_change(alive, ended)

        def body(alive, ended, cache, index):
            logits, _, cache = next(ops.reshape(alive.tokens, (-1, length)), cache, index)
            alive, ended, rows = search.step(alive, ended, logits, index)
            cache = keras.tree.map_structure(lambda x: ops.take(x, rows, axis=0), cache)
            return alive, ended, cache, index + 1

        cache = keras.tree.map_structure(
            lambda x: ops.repeat(x, self.beam_width, axis=0), () if cache is None else cache
        )
        alive, ended, _, _ = self.run_loop(
            cond,
            body,
            model=model,
            loop_vars=(*search.start(), cache, index),
            maximum_iterations=length - index,
        )
        ids, scores = search.answers(alive, ended)
        return (ids, scores) if self.return_all_beams else ids[:, 0]

    def _search(self, prompt, index, mask, stop_token_ids):
        prompt = ops.cast(ops.convert_to_tensor(prompt), "int32")
        check_shape("prompt", prompt, (None, None), "(batch, length)")
        given = ops.cast(ops.zeros_like(prompt) if mask is None else mask, "bool")
        check_shape("mask", given, tuple(prompt.shape), "(batch, length)")
        places = ops.arange(ops.shape(prompt)[1], dtype="int32")
        counts = ops.cumsum(ops.cast(~given & (places >= index), "float32"), axis=1)  # (B, L)
        stops = [] if stop_token_ids is None else list(stop_token_ids)
        return BeamSearch(
            prompt=prompt,
            given=given,
            norms=ops.power((5 + counts) / 6, self.length_penalty),
            stops=ops.convert_to_tensor(stops, "int32"),
            width=self.beam_width,
            wanted=self.beam_width if self.return_all_beams else 1,
        )

    def get_config(self):
        return {
            "beam_width": self.beam_width,
            "length_penalty": self.length_penalty,
            "return_all_beams": self.return_all_beams,
        }


def _check_penalty(penalty):
    is_number = isinstance(penalty, numbers.Real) and not isinstance(penalty, bool)
    if not is_number or not 0 <= penalty < math.inf:
        raise ValueError(
            f"`length_penalty` must be a finite number that is at least 0, got {penalty!r}."
        )
