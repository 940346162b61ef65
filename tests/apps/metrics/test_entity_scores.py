"""EntityScores, against seqeval."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

from apps.metrics import EntityScores
from tests.apps.metrics.fit_scores import IOB2, scores_of_fit
from tests.processes import on_jax

BIOES = ["S-LOC", "E-PER", "B-PER", "I-LOC", "O", "S-PER", "I-PER", "E-LOC", "B-LOC"]
NAMES = ("precision", "recall", "f1")


def random_ids(tags, batch, time, seed):
    """Gold ids padded by -1, and as many others, wrong at every third word."""
    generator = np.random.default_rng(seed)
    gold, other = generator.integers(len(tags), size=(2, batch, time), dtype="int32")
    found = np.where(generator.random((batch, time)) < 1 / 3, other, gold)
    gold[np.arange(time) >= generator.integers(time + 1, size=(batch, 1))] = -1
    return gold, found


def names_of(tags, gold, found):
    """The rows of both as lists of tags without padding, which seqeval wants."""
    return [tuple([tags[k] for k in ids[g >= 0]] for ids in (g, f)) for g, f in zip(gold, found)]


def seqeval_scores(tags, batches, per_class=False):
    gold, found = map(list, zip(*(row for batch in batches for row in names_of(tags, *batch))))
    options = {"zero_division": 0}
    total = precision_recall_fscore_support(gold, found, average="micro", **options)
    scores = dict(zip(NAMES, total))
    if per_class:
        each = precision_recall_fscore_support(gold, found, average=None, **options)
        for name, pair in zip(NAMES, each):
            scores.update(zip((f"{name}_LOC", f"{name}_PER"), pair))
    return scores


def assert_same(scores, expected):
    assert set(scores) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(float(scores[name]), value, 1e-6, err_msg=name)


@pytest.mark.parametrize("tags", [IOB2, BIOES])
@pytest.mark.parametrize("per_class", [False, True])
def test_random_tags_as_seqeval(tags, per_class):
    metric, batches = EntityScores(tags, per_class=per_class), []
    for seed, (batch, time) in enumerate([(60, 9), (1, 1), (300, 14), (40, 60)]):
        batches.append(random_ids(tags, batch, time, seed))
        metric.update_state(*batches[-1])
        assert_same(metric.result(), seqeval_scores(tags, batches, per_class))
    assert 0.1 < float(metric.result()["f1"]) < 0.9


@pytest.mark.parametrize("tags", [IOB2, BIOES])
def test_each_sentence_as_seqeval(tags):
    gold, found = random_ids(tags, 150, 6, seed=7)
    metric = EntityScores(tags)
    for row in zip(gold[:, None], found[:, None]):
        if row[0][0, 0] < 0:
            continue
        metric.reset_state()
        metric.update_state(*row)
        assert_same(metric.result(), seqeval_scores(tags, [row]))


def test_by_hand():
    metric = EntityScores(IOB2, per_class=True)
    gold = [[1, 2, 0, 3, -1], [3, 4, 4, -1, -1], [1, 2, 1, 2, 2]]
    found = [[1, 2, 0, 1, 2], [3, 4, 0, 0, 0], [1, 2, 1, 2, 2]]
    metric.update_state(gold, found)  # right: 3; found: PER 4, LOC 1; gold: PER 3, LOC 2
    expected = {"precision": 3 / 5, "recall": 3 / 5, "f1": 3 / 5}
    expected |= {"precision_PER": 3 / 4, "recall_PER": 1, "f1_PER": 6 / 7}
    expected |= {"precision_LOC": 0, "recall_LOC": 0, "f1_LOC": 0}
    assert_same(metric.result(), expected)


@pytest.mark.parametrize(
    ("gold", "found", "expected"),
    [
        (np.zeros((0, 4), "int32"), np.zeros((0, 4), "int32"), (0, 0, 0)),
        (np.zeros((2, 0), "int32"), np.zeros((2, 0), "int32"), (0, 0, 0)),
        ([[-1, -1]], [[1, 1]], (0, 0, 0)),
        ([[0, 0]], [[0, 0]], (0, 0, 0)),
        ([[0, 0]], [[1, 0]], (0, 0, 0)),
        ([[1, 0]], [[0, 0]], (0, 0, 0)),
        ([[1, -1]], [[1, 2]], (1, 1, 1)),  # what is found ends with the words
        ([[1], [2]], [[1], [2]], (1, 1, 1)),  # a sentence does not go on with the one before
        ([[1, -1]], [[1, -1]], (1, 1, 1)),
    ],
)
def test_borders(gold, found, expected):
    metric = EntityScores(IOB2)
    metric.update_state(np.array(gold, "int32"), np.array(found, "int32"))
    assert tuple(map(float, metric.result().values())) == expected


def test_reset_and_config():
    metric = EntityScores(IOB2, per_class=True, name="mine")
    metric.update_state(*random_ids(IOB2, 4, 5, seed=0))
    config = keras.saving.serialize_keras_object(metric)
    assert config["registered_name"] == "apps>EntityScores"
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == metric.get_config()
    assert again.get_config()["tags"] == IOB2
    metric.reset_state()
    assert set(map(float, metric.result().values())) == {0}
    assert set(metric.result()) == set(again.result())


@pytest.mark.parametrize("jit_compile", [False, True])
def test_graphs_of_any_shape(jit_compile):
    metric = EntityScores(BIOES)
    ids = tf.TensorSpec((None, None), "int64")
    update = tf.function(metric.update_state, input_signature=[ids, ids], jit_compile=jit_compile)
    batches = [random_ids(BIOES, batch, time, seed=0) for batch, time in [(8, 5), (3, 11)]]
    for batch in batches:
        update(*(tf.constant(ids, "int64") for ids in batch))
    assert_same(metric.result(), seqeval_scores(BIOES, batches))


def batches_to_fit():
    return [random_ids(IOB2, 12, time, seed=0) for time in (5, 9)]


@functools.cache
def scores_on_tensorflow():
    return scores_of_fit(batches_to_fit(), "tensorflow")


def test_in_fit_and_evaluate():
    batches = batches_to_fit()
    expected = seqeval_scores(IOB2, batches, per_class=True)
    words = [np.stack(batch)[:, batch[0] >= 0] for batch in batches]
    expected["tags_accuracy"] = np.mean([g == f for g, f in np.concatenate(words, 1).T])
    found = scores_on_tensorflow()
    assert set(found) - {"loss", "scores_loss"} == set(expected)
    for name, value in expected.items():  # two epochs, then `evaluate`
        np.testing.assert_allclose(found[name], [value] * 5, 1e-5, err_msg=name)


def test_on_jax():
    """The same on JAX, where a metric has no state of its own inside of `fit`."""
    found = on_jax(scores_of_fit, batches_to_fit(), "jax")
    for name, values in scores_on_tensorflow().items():
        np.testing.assert_allclose(found[name], values, 1e-5, err_msg=name)


@pytest.mark.parametrize(
    "tags", [["O", "PER"], ["O", "B"], ["O", "X-PER"], ["O", "B-PER", "B-PER"], ["O"], [], ["O", 1]]
)
def test_tags_are_checked(tags):
    with pytest.raises(ValueError, match=r"`tags` must be .*'B-PER'.* got "):
        EntityScores(tags)
