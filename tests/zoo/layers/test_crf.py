"""CRF: against all sequences, one by one; its gradients; what it must never decode."""

import itertools
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from zoo.layers import CRF

C, T = 3, 5
LENGTHS = [5, 1, 3, 0, 2]
ELSEWHERE = [[0, 0, 1, 1, 1], [1, 0, 0, 1, 1], [0, 1, 0, 1, 0], [0, 0, 0, 0, 1]]  # padding
MASK = np.concatenate([np.arange(T) < np.array(LENGTHS)[:, None], np.array(ELSEWHERE) > 0])
IOB2 = ["O", "B-A", "I-A", "B-B", "I-B"]
BIOES = [*IOB2, "E-A", "S-A", "E-B", "S-B"]


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 2, shape)


def layer(num_tags=C, seed=1, scale=1.0, **kwargs):
    crf = CRF(num_tags, **kwargs)
    crf.build((None, None, num_tags))
    for index, weight in enumerate(crf.weights):
        weight.assign(scale * random(*weight.shape, seed=seed + index))
    return crf


class Enumeration:
    """The quantities of a CRF by their definition, over all sequences."""

    def __init__(self, crf, potentials):
        self.transitions, self.start, self.end = (w.numpy() for w in crf.weights)
        self.potentials = potentials
        self.paths = list(itertools.product(range(len(self.start)), repeat=len(potentials)))
        self.scores = np.array([self.score(path) for path in self.paths])
        self.log_partition = np.log(np.sum(np.exp(self.scores)))

    def score(self, path):
        moves = sum(self.transitions[pair] for pair in itertools.pairwise(path))
        unary = sum(row[tag] for row, tag in zip(self.potentials, path))
        return self.start[path[0]] + unary + moves + self.end[path[-1]]

    def best(self):
        return list(self.paths[np.argmax(self.scores)])

    def marginals(self):
        sums = np.zeros(self.potentials.shape)
        for path, score in zip(self.paths, self.scores):
            for step, tag in enumerate(path):
                sums[step, tag] += np.exp(score - self.log_partition)
        return sums


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_all_sequences_one_by_one(mode):
    crf, potentials = layer(dtype="float64"), random(len(MASK), T, C)
    tags = np.random.default_rng(5).integers(0, C, MASK.shape)
    tags[~MASK] = -1

    def run(x, mask):
        scores = crf.log_partition(x, mask), crf.log_likelihood(x, tags, mask)
        return *scores, crf(x, mask=mask), crf.marginals(x, mask)

    if mode != "eager":
        unknown = [tf.TensorSpec([None, None, C], "float64"), tf.TensorSpec([None, None], "bool")]
        run = tf.function(run, unknown if mode == "graph" else None, jit_compile=mode == "xla")
    partition, likelihood, best, marginals = map(np.asarray, run(potentials, MASK))
    for row, words in enumerate(MASK):
        assert not np.any(best[row, ~words])
        assert not np.any(marginals[row, ~words])
        if not words.any():
            assert partition[row] == likelihood[row] == 0
            continue
        truth = Enumeration(crf, potentials[row, words])
        path = tags[row, words]
        np.testing.assert_allclose(partition[row], truth.log_partition, 1e-10)
        np.testing.assert_allclose(likelihood[row], truth.score(path) - truth.log_partition, 1e-10)
        np.testing.assert_allclose(marginals[row, words], truth.marginals(), 1e-9, 1e-12)
        assert best[row, words].tolist() == truth.best()


def test_no_step_is_an_error():
    with pytest.raises(ValueError, match="`potentials` must have at least one step, got none"):
        layer()(np.zeros((2, 0, C)))


def test_without_a_mask_all_steps_count():
    crf, potentials = layer(), random(2, T, C).astype("float32")
    everything = np.ones((2, T), "bool")
    np.testing.assert_array_equal(crf(potentials), crf(potentials, mask=everything))
    np.testing.assert_array_equal(
        crf.log_partition(potentials), crf.log_partition(potentials, everything)
    )


def test_gradients_by_differences():
    crf = layer(dtype="float64")
    potentials = tf.Variable(random(len(MASK), T, C), dtype="float64")
    tags = np.random.default_rng(5).integers(0, C, MASK.shape)
    weights = random(len(MASK), seed=9)

    def loss():
        return ops.sum(crf.log_likelihood(potentials, tags, MASK) * weights)

    points = [potentials, *(weight.value for weight in crf.weights)]
    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, points)
    assert not np.any(gradients[0][3])  # the row without words
    for seed, (point, gradient) in enumerate(zip(points, gradients)):
        direction, start = random(*point.shape, seed=seed), point.numpy()
        sides = []
        for sign in (1, -1):
            point.assign(start + sign * 1e-6 * direction)
            sides.append(float(loss()))
        point.assign(start)
        slope = (sides[0] - sides[1]) / 2e-6
        np.testing.assert_allclose(np.sum(direction * gradient), slope, 1e-6)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_changes_nothing_but_the_potentials(policy):
    crf, half = layer(), layer(dtype=policy)
    potentials = ops.cast(random(2, T, C), half.compute_dtype)
    tags = np.zeros((2, T), "int32")
    loss = half.log_likelihood(potentials, tags)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    np.testing.assert_allclose(loss, crf.log_likelihood(ops.cast(potentials, "float32"), tags))


def test_long_sequences_and_large_scores_stay_finite():
    crf = layer(scale=10.0)

    @tf.function
    def loss_and_gradient(potentials):
        with tf.GradientTape() as tape:
            tape.watch(potentials)
            loss = ops.sum(crf.log_likelihood(potentials, np.zeros((2, 3000), "int32")))
        return loss, *tape.gradient(loss, [potentials, *(w.value for w in crf.weights)])

    found = loss_and_gradient(tf.constant(200 * random(2, 3000, C), "float32"))
    assert all(np.all(np.isfinite(tf.convert_to_tensor(each))) for each in found)


@pytest.mark.parametrize("tags", [IOB2, BIOES])
def test_what_breaks_the_scheme_is_never_decoded(tags):
    crf = layer(len(tags), tags=tags, scale=5.0)
    mask = np.arange(T) < np.random.default_rng(0).integers(1, T + 1, (300, 1))
    potentials = 20 * random(300, T, len(tags))
    broken = 0
    for free, rows in ((True, layer(len(tags), scale=5.0)), (False, crf)):
        for path, length in zip(np.asarray(rows(potentials, mask=mask)), mask.sum(1)):
            names = [tags[tag] for tag in path[:length]]
            if breaks(names, bioes=tags is BIOES):
                assert free, names
                broken += 1
    assert broken > 100  # without the names it does break it


def breaks(names, bioes):
    """Whether names of tags break their scheme, by a reading of it that knows no transitions."""
    text = " ".join(names) + " "
    for label in "AB":
        entity = f"B-{label} (I-{label} )*"
        text = re.sub(f"{entity}E-{label} |S-{label} " if bioes else entity, ". ", text)
    return text.replace("O ", "").replace(". ", "") != ""


def test_gold_tags_that_break_the_scheme_have_a_finite_loss():
    crf = layer(5, tags=IOB2)
    loss = crf.log_likelihood(random(1, 3, 5), [[2, 4, 2]])
    assert np.isfinite(loss[0])
    assert loss[0] > -100


def test_names_that_are_no_entities_constrain_nothing():
    potentials = random(20, T, 3)
    free = layer()(potentials)
    np.testing.assert_array_equal(layer(tags=["NOUN", "VERB", "X"])(potentials), free)


def test_it_learns_what_only_transitions_tell():
    """Tags alternate; the input tells the first one alone."""
    first = np.random.default_rng(0).integers(0, 2, 64)
    tags = (first[:, None] + np.arange(6)) % 2
    inputs = np.zeros((64, 6, 2), "float32")
    inputs[np.arange(64), 0, first] = 1.0
    crf = CRF(2)
    crf.build(inputs.shape)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(crf.trainable_variables)

    @tf.function(autograph=False)
    def train():
        with tf.GradientTape() as tape:
            loss = -ops.mean(crf.log_likelihood(3 * inputs, tags))
        weights = [weight.value for weight in crf.trainable_variables]
        optimizer.apply(tape.gradient(loss, weights), crf.trainable_variables)

    for _ in range(80):
        train()
    np.testing.assert_array_equal(crf(3 * inputs), tags)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_tags": 0}, "`num_tags` must be a positive integer, got 0"),
        ({"num_tags": 2, "tags": ["O"]}, "`tags` must be 2 different names"),
        ({"num_tags": 2, "tags": ["O", "O"]}, "`tags` must be 2 different names"),
        ({"num_tags": 2, "tags": ["O", "X", "O"]}, "`tags` must be 2 different names"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        CRF(**options)


def test_bad_shapes():
    crf = layer()
    with pytest.raises(ValueError, match="`potentials` must have the shape"):
        crf(random(2, T, C + 1))
    with pytest.raises(ValueError, match="`mask` must have the shape"):
        crf.log_partition(random(2, T, C), np.ones((2, T + 1), "bool"))
    with pytest.raises(ValueError, match="`tags` must have the shape"):
        crf.log_likelihood(random(2, T, C), np.ones((2, T - 1), "int32"))
