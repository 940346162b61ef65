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
