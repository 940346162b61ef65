"""TagAccuracy, and the checks of arguments that the metrics of tags share."""

import keras
import numpy as np
import pytest

from apps.metrics import EntityScores, TagAccuracy

METRICS = [TagAccuracy, lambda: EntityScores(["O", "B-X"])]
IDS = np.zeros((2, 3), "int32")


def test_share_of_right_tags_without_padding():
    generator = np.random.default_rng(0)
    metric = TagAccuracy()
    right = words = 0
    for time in (4, 7, 1):
        gold, found = generator.integers(4, size=(2, 5, time))
        gold[np.arange(time) >= generator.integers(time + 1, size=(5, 1))] = -1
        right += sum(g == f for g, f in zip(gold.flat, found.flat) if g >= 0)
        words += np.sum(gold >= 0)
        metric.update_state(gold, found)
        np.testing.assert_allclose(metric.result(), right / words, rtol=1e-6)
    metric.reset_state()
    assert float(metric.result()) == 0
    metric.update_state(IDS - 1, IDS - 1)
    assert float(metric.result()) == 0


def test_config():
    metric = TagAccuracy(name="mine", dtype="float64")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert again.get_config() == metric.get_config() == {"name": "mine", "dtype": "float64"}
    assert keras.saving.get_registered_name(TagAccuracy) == "apps>TagAccuracy"
    assert TagAccuracy().name == "accuracy"


@pytest.mark.parametrize("make_metric", METRICS)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "message"),
    [
        (IDS, np.float32(IDS), r"`y_pred` must be integer .* got float32 of the shape \(2, 3\)"),
        (IDS[0], IDS, r"`y_true` must be integer tag ids .* got int32 of the shape \(3,\)"),
        (IDS, np.zeros((2, 3, 4), "int32"), r"`y_pred` must be .* of the shape \(2, 3, 4\)"),
        (IDS, IDS[:, :2], r"`y_pred` must have the shape of `y_true`, \(2, 3\), got \(2, 2\)"),
    ],
)
def test_arguments_are_checked(make_metric, y_true, y_pred, message):
    with pytest.raises(ValueError, match=message):
        make_metric().update_state(y_true, y_pred)


@pytest.mark.parametrize("make_metric", METRICS)
def test_weights_are_refused(make_metric):
    with pytest.raises(ValueError, match=r"`sample_weight` must be None"):
        make_metric().update_state(IDS, IDS, sample_weight=np.ones(2))
