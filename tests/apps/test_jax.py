"""The app on JAX: fit, classify, and the same answers from the same preset."""

import json
import os
import subprocess
import sys

import numpy as np

SCRIPT = """
import json, sys
import keras, tensorflow as tf
import zoo
assert keras.backend.backend() == "jax"
classifier = zoo.load(sys.argv[1])
before = classifier.predict(["a fine film", "bad"], verbose=0).tolist()
texts = tf.data.Dataset.from_tensor_slices((["a fine film", "a bad film"] * 8, [1, 0] * 8)).batch(8)
classifier.compile(keras.optimizers.Adam(0.02))
classifier.fit(texts, epochs=10, verbose=0)
after = [answer.label for answer in classifier.classify(["a fine film", "a bad film"])]
print(json.dumps([before, after]))
"""


def test_the_same_preset_on_jax(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.save_to_preset(tmp_path / "mine")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "mine")]
    output = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    before, after = json.loads(output.splitlines()[-1])
    expected = classifier.predict(["a fine film", "bad"], verbose=0)
    np.testing.assert_allclose(before, expected, atol=1e-5)
    assert after == ["positive", "negative"]


TAGGER_SCRIPT = """
import json, sys
import keras
import zoo
assert keras.backend.backend() == "jax"
tagger = zoo.load(sys.argv[1])
answers = tagger.tag(["Ada met Bob", ""], return_scores=True)
before = [[answer.tags, answer.scores] for answer in answers]
potentials = tagger.predict(["Ada met Bob", "Bob"])["potentials"].tolist()
tagger.compile(keras.optimizers.Adam(0.05))
words, tags = [["Ada", "met"], ["in", "Paris"]] * 8, [["B-PER", "O"], ["O", "B-LOC"]] * 8
history = tagger.fit(words, tags, epochs=8, batch_size=8, verbose=0).history
print(json.dumps([before, potentials, history["f1"][-1]]))
"""


def test_the_same_tagger_on_jax(make_tagger, tmp_path):
    tagger = make_tagger(dropout=0.0)
    tagger.save_to_preset(tmp_path / "mine")
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, "-c", TAGGER_SCRIPT, str(tmp_path / "mine")]
    output = subprocess.run(command, check=True, capture_output=True, env=environment).stdout
    (first, second), potentials, f1 = json.loads(output.splitlines()[-1])
    expected = tagger.tag(["Ada met Bob"], return_scores=True)[0]
    assert first[0] == expected.tags
    np.testing.assert_allclose(first[1], expected.scores, atol=1e-5)
    assert second == [[], []]
    own = tagger.predict(["Ada met Bob", "Bob"])["potentials"]
    np.testing.assert_allclose(potentials, own, atol=1e-5)
    assert f1 == 1.0
