"""Apps on JAX: fit, and the same answers from the same preset."""

import numpy as np

from tests.apps import jax_apps
from tests.processes import on_jax


def test_the_same_preset_on_jax(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.save_to_preset(tmp_path / "mine")
    before, after = on_jax(jax_apps.classify, tmp_path / "mine")
    expected = classifier.predict(["a fine film", "bad"], verbose=0)
    np.testing.assert_allclose(before, expected, atol=1e-5)
    assert after == ["positive", "negative"]


def test_the_same_tagger_on_jax(make_tagger, tmp_path):
    tagger = make_tagger(dropout=0.0)
    tagger.save_to_preset(tmp_path / "mine")
    (first, second), potentials, f1 = on_jax(jax_apps.tag, tmp_path / "mine")
    expected = tagger.tag(["Ada met Bob"], return_scores=True)[0]
    assert first[0] == expected.tags
    np.testing.assert_allclose(first[1], expected.scores, atol=1e-5)
    assert second == ([], [])
    own = tagger.predict(["Ada met Bob", "Bob"])["potentials"]
    np.testing.assert_allclose(potentials, own, atol=1e-5)
    assert f1 == 1.0
