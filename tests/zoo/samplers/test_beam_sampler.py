"""BeamSampler: against all answers, one by one, and against a search without tensors."""

import inspect

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import zoo.samplers
from tests.zoo.samplers.history_decoder import (
    END,
    START,
    B,
    HistoryDecoder,
    L,
    V,
    all_answers,
    plain_search,
    prompts,
    run,
)
from zoo.samplers import BeamSampler


def assert_answers(ids, scores, expected):
    """Of one row; what is left over is empty."""
    count = len(expected)
    assert ids[:count].tolist() == [tokens for _, tokens in expected]
    np.testing.assert_allclose(scores[:count], [score for score, _ in expected], 1e-5, 1e-5)
    assert not np.any(ids[count:])
    assert np.all(scores[count:] == -np.inf)


def test_exports():
    assert zoo.samplers.__all__ == ["BeamSampler"]
    assert issubclass(BeamSampler, keras_hub.samplers.Sampler)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0, 2.5])
def test_a_wide_search_finds_all_answers(alpha):
    """As many hypotheses as there are, more than the vocabulary, more than there are answers."""
    decoder = HistoryDecoder(B)
    wide = BeamSampler(350, length_penalty=alpha, return_all_beams=True)
    ids, scores = run(wide, decoder)
    assert (ids.dtype, scores.dtype) == ("int32", "float32")
    best = run(BeamSampler(350, length_penalty=alpha), decoder)
    for row in range(B):
        expected = all_answers(decoder, row, L, alpha)
        assert len(expected) == 1 + 3 + 9 + 27 + 81
        np.testing.assert_allclose(scores[row, :121], [s for s, _ in expected], 1e-5, 1e-5)
        assert ids[row, :9].tolist() == [tokens for _, tokens in expected[:9]]
        found = {tuple(tokens) for tokens in ids[row, :121].tolist()}
        assert found == {tuple(tokens) for _, tokens in expected}
        assert best[row].tolist() == expected[0][1]


@pytest.mark.parametrize("stops", [(END,), (END, 4), (0, 3, 4, END), (END,) * 9, ()])
@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.5])
def test_a_narrow_search_step_by_step(alpha, width, stops):
    decoder = HistoryDecoder(B, seed=width)
    options = {"length_penalty": alpha}
    ids, scores = run(
        BeamSampler(width, return_all_beams=True, **options), decoder, stops=stops, length=8
    )
    best = run(BeamSampler(width, **options), decoder, stops=stops, length=8)
    for row in range(B):
        expected = plain_search(decoder, row, 8, width, alpha, stops)
        assert_answers(ids[row], scores[row], expected)
        assert best[row].tolist() == expected[0][1]


@pytest.mark.parametrize("seed", range(5))
def test_one_hypothesis_without_penalty_is_greedy(seed):
    decoder = HistoryDecoder(B, seed)
    ids = run(BeamSampler(1, length_penalty=0), decoder, length=10)
    greedy = run(keras_hub.samplers.GreedySampler(), decoder, length=10)
    for own, other in zip(ids, greedy):
        has_ended = np.cumsum(other == END) - (other == END) > 0
        assert own.tolist() == np.where(has_ended, 0, other).tolist()  # KerasHub's goes on


def markov(moves):
    """A `next` with the probabilities `moves` `(V, V)`, which counts its calls in the cache."""
    moves = np.array(moves, "float32")

    def next(prompt, cache, index):
        return ops.log(ops.take(moves, prompt[:, index - 1], axis=0)), None, cache + 1

    return next


TWO_WAYS = [[0, 0, 0, 0], [0, 0, 0.45, 0.55], [0, 0, 0, 0], [0, 0, 0.8, 0.2]]


@pytest.mark.parametrize(("alpha", "expected"), [(0, [1, 2, 0, 0]), (1.0, [1, 3, 2, 0])])
def test_the_penalty_changes_the_choice(alpha, expected):
    sampler = BeamSampler(3, length_penalty=alpha)
    ids = sampler(markov(TWO_WAYS), prompts(1, 4), np.zeros(1), index=1, stop_token_ids=[END])
    assert np.asarray(ids).tolist() == [expected]


def test_many_stop_tokens_leave_something_open():
    """The best two of three tokens end; the third has the best answer for a high penalty."""
    moves = np.zeros((V, V))
    moves[START, 2:], moves[4, END] = [0.4, 0.35, 0.25], 1
    sampler = BeamSampler(1, length_penalty=4)
    ids = sampler(markov(moves), prompts(1, 3), np.zeros(1), index=1, stop_token_ids=[END, 3])
    assert np.asarray(ids).tolist() == [[START, 4, END]]


@pytest.mark.parametrize("jit_compile", [False, True])  # they order NaN differently
@pytest.mark.parametrize("width", [2, 5, 40])
def test_nothing_follows_what_there_is_not(width, jit_compile):
    """The places that are left hold a stop token, after which anything may come, NaN too."""
    moves = [*TWO_WAYS[:END], [np.nan] * 4, *TWO_WAYS[END + 1 :]]
    sampler = BeamSampler(width, length_penalty=0, return_all_beams=True)

    @tf.function(jit_compile=jit_compile)
    def search(prompt):
        return sampler(markov(moves), prompt, np.zeros(1, "float32"), index=1, stop_token_ids=[END])

    ids, scores = (each.numpy()[0] for each in search(prompts(1, 4)))
    answers = [(0.45, [1, 2, 0, 0]), (0.44, [1, 3, 2, 0]), (0.088, [1, 3, 3, 2])][:width]
    assert_answers(ids, scores, [(np.log(p), tokens) for p, tokens in answers])


def test_rows_do_not_depend_on_each_other():
    decoder = HistoryDecoder(6, seed=3)
    ids, scores = run(BeamSampler(3, return_all_beams=True), decoder, length=9)
    assert len({tuple(row) for row in ids[:, 0]}) > 2
    for row in range(6):
        own_ids, own_scores = run(BeamSampler(3, return_all_beams=True), decoder, [row], length=9)
        assert ids[row].tolist() == own_ids[0].tolist()
        np.testing.assert_allclose(scores[row], own_scores[0], 1e-5)


def test_what_never_ends_stops_at_the_length():
    decoder = HistoryDecoder(B, end_bias=-1e9)
    ids, scores = run(BeamSampler(3, return_all_beams=True), decoder)
    for row in range(B):
        assert_answers(ids[row], scores[row], plain_search(decoder, row, L, 3, 1.0, stops=()))
    assert np.all(run(BeamSampler(3), decoder)[:, 1:] != END)


def counting(next, calls):
    def counted(prompt, cache, index):
        calls.append(int(index))
        return next(prompt, cache, index)

    return counted


@pytest.mark.parametrize(("end_bias", "expected"), [(30.0, [1]), (-1e9, [*range(1, 50)])])
def test_stops_when_nothing_can_change(end_bias, expected):
    decoder, calls = HistoryDecoder(B, end_bias=end_bias), []
    next = counting(decoder.next, calls)
    BeamSampler(3)(next, prompts(B, 50), decoder.cache(), index=1, stop_token_ids=[END])
    assert calls == expected


def test_stops_when_nothing_is_left():
    """Everything ends with the first token: fewer answers than hypotheses, and a dead search."""
    ends = np.zeros((V, V))
    ends[:, END], calls = 1, []
    next = counting(markov(ends), calls)
    sampler = BeamSampler(4, return_all_beams=True)
    ids, scores = sampler(next, prompts(2, 50), np.zeros(2), index=1, stop_token_ids=[END])
    assert calls == [1]
    for row in range(2):
        answer = [START, END] + [0] * 48
        assert_answers(np.asarray(ids)[row], np.asarray(scores)[row], [(0.0, answer)])


def test_given_tokens_stay_and_do_not_count():
    """Rows with longer prompts than the others, one with a stop token in it."""
    decoder, length = HistoryDecoder(3, seed=2), 8
    given = [[START], [START, 3, 4], [START, END, 0]]
    prompt, mask = prompts(3, length), np.zeros((3, length), bool)
    for row, tokens in enumerate(given):
        prompt[row, : len(tokens)], mask[row, : len(tokens)] = tokens, True
    sampler = BeamSampler(3, return_all_beams=True)
    results = sampler(
        decoder.next, prompt, decoder.cache(), mask=mask, index=1, stop_token_ids=[END]
    )
    for row, (ids, scores) in enumerate(zip(*map(np.asarray, results))):
        expected = plain_search(decoder, row, length, 3, 1.0, prompt=given[row])
        assert_answers(ids, scores, expected)


def test_a_later_index_and_no_cache():
    sampler = BeamSampler(2)
    next = lambda prompt, cache, index: (markov(TWO_WAYS)(prompt, 0, index)[0], None, cache)
    ids = sampler(next, ops.array([[1, 3, 3, 0, 0]]), index=3, stop_token_ids=[END])
    assert np.asarray(ids).tolist() == [[1, 3, 3, 2, 0]]
    full = ops.array([[1, 3, 3]])
    assert np.asarray(sampler(next, full, index=3)).tolist() == [[1, 3, 3]]


def test_constants_are_repeated_by_rows_per_example():
    """A `next` that closes over its rows' first states gives what the cache gives."""
    decoder, sampler = HistoryDecoder(B, seed=4), BeamSampler(3)
    first = ops.repeat(decoder.first, sampler.rows_per_example, axis=0)

    def next(prompt, cache, index):
        state = ops.where(index == 1, first, cache["state"])
        return decoder.next(prompt, {**cache, "state": state}, index)

    blank = {**decoder.cache(), "state": np.zeros_like(decoder.first)}
    ids = sampler(next, prompts(B, L), blank, index=1, stop_token_ids=[END])
    assert np.asarray(ids).tolist() == run(sampler, decoder).tolist()


def test_round_trip_of_the_config():
    sampler = BeamSampler(3, length_penalty=0.6, return_all_beams=True)
    config = {"beam_width": 3, "length_penalty": 0.6, "return_all_beams": True}
    assert sampler.get_config() == config
    assert BeamSampler.from_config(config).get_config() == config
    saved = keras.saving.serialize_keras_object(sampler)
    assert saved["registered_name"] == "zoo>BeamSampler"
    loaded = keras.saving.deserialize_keras_object(saved)
    assert (type(loaded), loaded.get_config()) == (BeamSampler, config)


@pytest.mark.parametrize("width", [0, -1, 2.0, True, None, "5"])
def test_bad_width(width):
    with pytest.raises(ValueError, match=rf"`beam_width` must be a positive.*got {width!r}\."):
        BeamSampler(width)


@pytest.mark.parametrize("alpha", [-0.1, True, None, "1", float("nan"), float("inf")])
def test_bad_penalty(alpha):
    with pytest.raises(ValueError, match=rf"`length_penalty` must be .*got {alpha!r}\."):
        BeamSampler(length_penalty=alpha)


def test_bad_shapes():
    with pytest.raises(ValueError, match=r"`prompt` must have the shape .*got \(3,\)"):
        BeamSampler()(None, np.zeros(3, "int32"))
    with pytest.raises(ValueError, match=r"`mask` must have the shape .*got \(2, 4\)"):
        BeamSampler()(None, prompts(2, 3), mask=np.zeros((2, 4), bool))


def test_the_place_to_begin_at_is_kerashubs():
    ours, theirs = (
        inspect.signature(kind.__call__).parameters["index"].default
        for kind in (BeamSampler, keras_hub.samplers.Sampler)
    )
    assert ours == theirs == 0
    first = lambda prompt, cache, index: (ops.log([[0.1, 0.2, 0.7]]), None, cache)
    ids = BeamSampler(1)(first, ops.array([[0, 0]]))
    assert np.asarray(ids).tolist() == [[2, 2]]
