"""SmoothedCrossentropy equals Keras' loss on one-hot labels; losses over replicas."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from apps import SmoothedCrossentropy
from apps.core import losses
from apps.training.pretraining import BidirectionalLanguageModel

RATES = [0.0, 0.1, 0.7]


def example(shape, classes=5, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (*shape, classes)).astype("float32")
    return rng.integers(classes, size=shape), logits


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("shape", [(4,), (3, 1), (2, 6), (1, 1), (2, 3, 4)])
@pytest.mark.parametrize("reduction", ["sum", "sum_over_batch_size", "none"])
def test_equals_keras_on_one_hot_labels(rate, shape, reduction):
    labels, logits = example(shape)
    loss = SmoothedCrossentropy(rate, reduction=reduction)(labels, logits)
    keras_loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=rate, reduction=reduction
    )
    np.testing.assert_allclose(loss, keras_loss(np.eye(5)[labels], logits), rtol=1e-5)


def test_the_equation():
    labels, logits = example((2, 3))
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    true = np.take_along_axis(log_p, labels[..., None], -1)[..., 0]
    expected = np.mean(-0.8 * true - 0.2 / 5 * log_p.sum(axis=-1))
    np.testing.assert_allclose(SmoothedCrossentropy(0.2)(labels, logits), expected, rtol=1e-5)


@pytest.mark.parametrize("rate", RATES)
def test_padding_does_not_count(rate):
    labels, logits = example((2, 6))
    weights = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]], "float32")
    loss = SmoothedCrossentropy(rate)
    whole = float(loss(labels, logits, weights))
    kept = weights > 0
    np.testing.assert_allclose(whole, loss(labels[kept], logits[kept]), rtol=1e-5)
    others, other_logits = example((2, 6), seed=1)
    labels, logits = np.where(kept, labels, others), np.where(kept[..., None], logits, other_logits)
    np.testing.assert_allclose(loss(labels, logits, weights), whole, rtol=1e-6)
    np.testing.assert_allclose(loss(labels, logits, 2 * weights), whole, rtol=1e-6)
    assert float(loss(labels, logits, 0 * weights)) == 0


@pytest.mark.parametrize("rate", RATES)
def test_gradients_are_finite(rate):
    labels, logits = example((2, 4))
    logits[0, 0] = [1e4, -1e4, 0, 1e4, -1e4]  # overflows a softmax that is not careful
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = SmoothedCrossentropy(rate)(labels, logits, np.array([[1, 1, 0, 0], [1, 0, 0, 0]]))
    gradient = tape.gradient(loss, logits).numpy()
    assert np.isfinite(float(loss))
    assert np.all(np.isfinite(gradient))
    assert not np.any(gradient[0, 2:])
    np.testing.assert_allclose(gradient.sum(axis=-1), 0, atol=1e-6)


def test_config():
    loss = SmoothedCrossentropy(0.3, reduction="sum", name="mine")
    config = keras.saving.serialize_keras_object(loss)
    assert config["registered_name"] == "apps>SmoothedCrossentropy"
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == loss.get_config()
    labels, logits = example((2, 3))
    np.testing.assert_allclose(again(labels, logits), loss(labels, logits))


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5])
def test_bad_rates(rate):
    with pytest.raises(ValueError, match=rf"`label_smoothing` must be in \[0, 1\), got {rate}"):
        SmoothedCrossentropy(rate)


@pytest.mark.parametrize("replicas", [1, 2])
def test_a_replica_has_its_share_of_a_loss(monkeypatch, make_tagger, replicas):
    """Of what tasks compute themselves; TensorFlow sums the gradients of all replicas."""
    strategy = types.SimpleNamespace(num_replicas_in_sync=replicas)
    monkeypatch.setattr(losses.tf.distribute, "get_strategy", lambda: strategy)
    tagger = make_tagger()
    language_model = BidirectionalLanguageModel(tagger.backbone, samples=3)
    assert float(language_model.compute_loss(y_pred=keras.ops.array(6.0))) == 6 / replicas
    potentials = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    y = keras.ops.array([[0, 1, 2], [3, 0, -1]])
    log_p = tagger.crf.log_likelihood(potentials, y, mask=y >= 0)
    loss = float(tagger.compute_loss(y=y, y_pred={"potentials": potentials}))
    assert loss == pytest.approx(-float(keras.ops.sum(log_p)) / 5 / replicas, rel=1e-5)
