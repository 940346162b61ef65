"""BeamSampler in compiled graphs, on JAX, and with other dtypes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.zoo.samplers.history_decoder import END, B, HistoryDecoder, L, V, prompts, run
from zoo.samplers import BeamSampler

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("shape", [(B, L), (None, L), (None, None)])
def test_compiled(shape, jit_compile):
    decoder, sampler = HistoryDecoder(B), BeamSampler(3, return_all_beams=True)
    signature = [
        tf.TensorSpec(shape, "int32"),
        {"state": tf.TensorSpec([shape[0], 4]), "calls": [tf.TensorSpec(shape[:1], "int32")]},
    ]

    @tf.function(input_signature=signature, jit_compile=jit_compile)
    def search(prompt, cache):
        return sampler(decoder.next, prompt, cache, stop_token_ids=[END])

    ids, scores = search(*keras.tree.map_structure(tf.constant, (prompts(B, L), decoder.cache())))
    expected_ids, expected_scores = run(sampler, decoder)
    assert ids.numpy().tolist() == expected_ids.tolist()
    np.testing.assert_allclose(scores, expected_scores, 1e-5)


SCRIPT = """
import json
import jax, keras
import numpy as np
from tests.zoo.samplers.history_decoder import END, HistoryDecoder, prompts
from zoo.samplers import BeamSampler
assert keras.backend.backend() == "jax"
decoder, sampler = HistoryDecoder(4), BeamSampler(3, return_all_beams=True)
search = lambda *inputs: sampler(decoder.next, *inputs, stop_token_ids=[END])
for function in (search, jax.jit(search)):
    results = function(prompts(4, 6), decoder.cache())
    print(json.dumps([np.asarray(each).tolist() for each in results]))
"""


def test_the_same_answers_on_jax():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-c", SCRIPT]
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    expected_ids, expected_scores = run(BeamSampler(3, return_all_beams=True), HistoryDecoder(B))
    for line in process.stdout.splitlines()[-2:]:
        ids, scores = json.loads(line)
        assert ids == expected_ids.tolist()
        np.testing.assert_allclose(scores, expected_scores, 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_scores_are_float32(dtype):
    decoder, sampler = HistoryDecoder(B), BeamSampler(3, return_all_beams=True)
    bias = np.linspace(0, 2, V)

    def next(prompt, cache, index):
        logits, _, cache = decoder.next(prompt, cache, index)
        return ops.cast(ops.round(logits) + bias, dtype), None, cache

    ids, scores = sampler(next, prompts(B, L), decoder.cache(), stop_token_ids=[END])
    assert keras.backend.standardize_dtype(scores.dtype) == "float32"
    assert np.asarray(ids).shape == (B, 3, L)
    assert np.all(np.diff(np.asarray(scores)) <= 0)
