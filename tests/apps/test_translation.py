"""Translator: what it answers, and that the answer is the network's own."""

import keras
import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from toy_translator import (
    ANSWERS,
    END,
    TEXTS,
    best_by_hand,
    for_any_texts,
    ids_of,
    make_translator,
    network_outputs,
    score_by_hand,
    trained_translator,
)

from apps import Translation, Translator
from zoo.samplers import BeamSampler

NETWORKS = {
    "input_feeding": {},
    "no_input_feeding": {"input_feeding": False, "decoder_depth": 2},
    "lstm": {"cell": "lstm", "decoder_depth": 2, "tied_embeddings": "none"},
    "multi_head": {"attention": "multi_head", "attention_heads": 2, "encoder_depth": 2},
    "monotonic": {"attention": "local_monotonic", "attention_window": 1, "cell": "simple_rnn"},
    "last_state": {"conditioning": "last_state", "decoder_depth": 2, "tied_embeddings": "all"},
    "every_step": {"conditioning": "every_step"},
}
BATCH = ["a", "dcba dcb", "", "cab", "bd"]


@pytest.fixture(scope="module")
def trained():
    """A translator that has learnt, and stays as it is."""
    return for_any_texts(trained_translator(), 1, 5)


@pytest.fixture
def network(models):
    """Gives an untrained translator by its name, the same to all tests."""

    def give(name):
        if name not in models:
            keras.utils.set_random_seed(0)
            models[name] = make_translator(NETWORKS[name], scale=4)
        return models[name]

    return give


@pytest.fixture
def without_graphs():
    """For networks with a wide search, which is quick; a graph of it takes longer to make."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def assert_same(one, other):
    assert (one.text, one.source_tokens, one.target_tokens) == (
        other.text,
        other.source_tokens,
        other.target_tokens,
    )
    assert one.score == pytest.approx(other.score, abs=1e-5)
    assert (one.attention is None) == (other.attention is None)
    if one.attention is not None:
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-5)


def assert_greedy(translator, text, answer, limit):
    """Each token is the likeliest that may be chosen after those before it."""
    ids = ids_of(translator, answer.target_tokens)
    assert ids[-1] == END or len(ids) == limit
    assert END not in ids[:-1]
    logits = network_outputs(translator, text, ids)["logits"]
    assert ids == (3 + logits[:, 3:].argmax(axis=-1)).tolist()


@pytest.mark.parametrize("beam_width", [1, 5])
def test_it_learns_to_write_backwards(trained, beam_width):
    answers = trained.translate(TEXTS, beam_width=beam_width)
    assert [answer.text for answer in answers] == ANSWERS
    assert isinstance(answers[2], Translation)
    assert answers[2].source_tokens == ["▁", "a", "b", "c", "</s>"]
    assert answers[2].target_tokens == ["▁", "c", "b", "a", "</s>"]
    assert answers[2].attention is None
    assert all(-0.3 < answer.score < 0 for answer in answers)


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_every_network_finds_the_best_translation_in_a_padded_batch(network, without_graphs, name):
    """A beam that leaves nothing out, against the whole network, which gets each text alone."""
    translator = network(name)
    # This penalty favours long answers, which differ from text to text.
    answers = translator.translate(BATCH, beam_width=150, max_length=3, length_penalty=4)
    assert len({answer.text for answer in answers}) > 2
    for text, answer in zip(BATCH, answers):
        if text:
            ids = ids_of(translator, answer.target_tokens)
            assert ids == best_by_hand(translator, text, length_penalty=4)
            assert answer.score == pytest.approx(score_by_hand(translator, text, ids), abs=1e-5)


@pytest.mark.parametrize("name", ["input_feeding", "lstm", "monotonic"])
def test_greedy_search_takes_the_likeliest_token(network, name):
    translator = for_any_texts(network(name), 1)
    together = translator.translate(BATCH, beam_width=1, return_attention=True)
    assert len({answer.text for answer in together}) > 2
    for text, answer in zip(BATCH, together):
        if text:
            assert_greedy(translator, text, answer, limit=12)
    alone = translator.translate(["a"], beam_width=1, return_attention=True)
    assert_same(alone[0], together[0])


@pytest.mark.parametrize("name", ["last_state", "every_step"])
def test_a_network_without_attention_has_none_to_give(network, name):
    translator = network(name)
    assert set(translator.output) == {"logits"}
    with pytest.raises(ValueError, match="`return_attention` must be False for a network without"):
        translator.translate(TEXTS, return_attention=True)


def test_attention_is_that_of_the_network(trained):
    translator = trained
    for text, answer in zip(TEXTS, translator.translate(TEXTS, return_attention=True)):
        ids = ids_of(translator, answer.target_tokens)
        assert answer.attention.shape == (len(answer.target_tokens), len(answer.source_tokens))
        np.testing.assert_allclose(answer.attention.sum(axis=-1), 1, atol=1e-5)
        own = network_outputs(translator, text, ids)["attention"]
        np.testing.assert_allclose(answer.attention, own, atol=1e-5)


def test_attention_of_heads(network):
    translator = network("multi_head")
    long, short = translator.translate(["abcd", "a"], return_attention=True, max_length=3)
    assert long.attention.shape == (len(long.target_tokens), 2, 6)
    assert short.attention.shape == (len(short.target_tokens), 2, 3)
    np.testing.assert_allclose(short.attention.sum(axis=-1), 1, atol=1e-5)


def test_length_penalty(without_graphs):
    translator = make_translator(scale=3)
    options = {"beam_width": 150, "max_length": 3}
    short, long = (
        translator.translate(["dcb"], length_penalty=penalty, **options)[0] for penalty in (0, 20)
    )
    assert ids_of(translator, short.target_tokens) == best_by_hand(translator, "dcb", 0)
    assert ids_of(translator, long.target_tokens) == best_by_hand(translator, "dcb", 20)
    assert len(short.target_tokens) < len(long.target_tokens)


def test_greedy_search_by_other_samplers():
    translator = make_translator(scale=3)
    greedy = translator.translate(BATCH, beam_width=1)
    for sampler in (keras_hub.samplers.GreedySampler(), keras_hub.samplers.TopKSampler(1, seed=3)):
        for one, other in zip(translator.translate(BATCH, sampler=sampler), greedy):
            assert_same(one, other)


def test_samplers_of_kerashub(trained):
    translator = make_translator(scale=2)

    def drawn(seed):
        sampler = keras_hub.samplers.TopPSampler(p=0.9, seed=seed)
        return [answer.text for answer in translator.translate(["abcd"] * 20, sampler=sampler)]

    first = drawn(1)
    assert len(set(first)) > 5
    assert drawn(1) == first != drawn(2)
    beams = keras_hub.samplers.BeamSampler(num_beams=2)
    for answer in trained.translate(TEXTS, sampler=beams):
        assert answer.text[::-1] in TEXTS


def test_samplers_that_do_the_same_share_a_network_but_no_random_numbers(monkeypatch):
    """A new object gives what it gave in a network of its own, and goes on from there."""
    monkeypatch.setattr("apps.translation.task._KEPT", 2)
    translator, texts = make_translator(scale=2), ["abcd"] * 6

    def drawn(sampler):
        return [answer.text for answer in translator.translate(texts, sampler=sampler)]

    one, other = (keras_hub.samplers.RandomSampler(seed=1) for _ in range(2))
    first, second = drawn(one), drawn(one)
    assert first != second
    assert [drawn(other), drawn(other)] == [first, second]
    kept = translator._networks._generators
    assert len(kept) == 1
    for max_length in (3, 4, 5):
        translator.translate(texts[:1], max_length=max_length)
    assert len(kept) == 2


def test_a_translation_that_does_not_end_is_cut():
    translator = make_translator({"tied_embeddings": "none"}, scale=4)
    embedding = translator.backbone.token_embedding.reverse_embeddings
    weights = keras.ops.convert_to_numpy(embedding).copy()
    weights[:, END], weights[:, -1] = 0, -weights[:, -2]  # one of the last two is likelier
    embedding.assign(weights)
    for max_length in (None, 20):
        answers = translator.translate(["ab", "d"], beam_width=1, max_length=max_length)
        assert [len(answer.target_tokens) for answer in answers] == [max_length or 12] * 2
        assert "</s>" not in answers[0].target_tokens
    for answer in translator.translate(["ab", "d"], max_length=4):
        assert 1 <= len(answer.target_tokens) <= 4


def test_blank_and_unknown_texts_have_empty_translations(trained):
    translator = trained
    blank = Translation("", 0.0, ["</s>"], [])
    assert translator.translate(["", " \t"]) == [blank, blank]
    with pytest.warns(UserWarning, match="1 of 4 texts have no character that the model knows"):
        answers = translator.translate(["ab", "日本", " ", "cab"], return_attention=True)
    assert [answer.text for answer in answers] == ["ba", "", "", "bac"]
    assert answers[1].source_tokens == ["▁", "<unk>", "</s>"]
    assert answers[1].target_tokens == []
    assert answers[1].attention.shape == (0, 3)
    some = translator.translate(["日ab", "é", "ab"][::2])[0]
    assert some.source_tokens == ["▁", "<unk>", "a", "b", "</s>"]


def test_a_long_text_is_cut_and_told_of(trained):
    translator = trained
    message = r"1 of 2 texts are longer than `sequence_length`=12 tokens .* the longest has 6001\."
    with pytest.warns(UserWarning, match=message):
        answers = translator.translate(["ab " * 2000, "ab"], beam_width=1)
    assert answers[1].text == "ba"
    assert answers[0].source_tokens == ["▁", "a", "b"] * 4


def test_the_order_of_texts_and_the_size_of_batches_do_not_matter(trained):
    translator = trained
    texts = [*TEXTS, "", *TEXTS[::-1], "dcba"]
    answers = translator.translate(texts, beam_width=1)
    assert [answer.text for answer in answers[:17]] == [*ANSWERS, "", *ANSWERS[::-1]]
    order = np.random.default_rng(0).permutation(len(texts))
    for batch_size in (1, 5):
        mixed = translator.translate(
            [texts[index] for index in order], beam_width=1, batch_size=batch_size
        )
        for place, index in enumerate(order):
            assert_same(mixed[place], answers[index])


def test_networks_are_traced_once_for_a_shape():
    calls = []

    class Counted(keras_hub.samplers.GreedySampler):
        def __call__(self, *args, **kwargs):
            calls.append(args[1].shape)
            return super().__call__(*args, **kwargs)

    translator, sampler = make_translator(), Counted()
    for _ in range(2):
        translator.translate(["ab", "bc"], sampler=sampler)
    once = len(calls)
    for texts in (["ab", "bc"], ["dd", "cc"]):
        translator.translate(texts, sampler=sampler)
    assert len(calls) == once > 0
    for text in ("a", "ab", "abcd", "abcdab"):  # then a shape of any length
        translator.translate([text], sampler=sampler)
    assert len(calls) <= once + 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"texts": "ab"}, TypeError, "`texts` must be a list of strings, got str 'ab'"),
        ({"texts": []}, ValueError, "`texts` must have at least one text"),
        ({"texts": ["ab", None]}, TypeError, r"`texts\[1\]` must be a string, got NoneType"),
        ({"texts": ["\ud800"]}, ValueError, r"`texts\[0\]` is not valid Unicode"),
        ({"beam_width": 0}, ValueError, "`beam_width` must be a positive integer, got 0"),
        ({"beam_width": 2.0}, ValueError, "`beam_width` must be a positive integer, got 2.0"),
        ({"max_length": 0}, ValueError, "`max_length` must be a positive integer, got 0"),
        ({"batch_size": True}, ValueError, "`batch_size` must be a positive integer, got True"),
        ({"length_penalty": -1}, ValueError, "`length_penalty` must be a finite number"),
        (
            {"length_penalty": -1, "beam_width": 1},
            ValueError,
            "`length_penalty` must be a finite number",
        ),
        ({"sampler": "greedy"}, TypeError, "`sampler` must be one of `keras_hub.samplers`"),
        (
            {"sampler": BeamSampler(2, return_all_beams=True)},
            ValueError,
            "`sampler` must have `return_all_beams=False`",
        ),
    ],
)
def test_bad_arguments(trained, arguments, error, message):
    with pytest.raises(error, match=message):
        trained.translate(**{"texts": ["ab"], **arguments})


def test_without_a_preprocessor_there_are_no_texts():
    translator = Translator(make_translator().backbone)
    with pytest.raises(ValueError, match="`preprocessor` is None"):
        translator.translate(["ab"])


def test_quantized_weights_are_what_translates(trained, tmp_path):
    """Networks that were compiled before have the weights of before."""
    trained.save(tmp_path / "task.keras")
    task = keras.saving.load_model(tmp_path / "task.keras")
    before = task._networks
    task.quantize("int8")
    assert task._networks is not before
