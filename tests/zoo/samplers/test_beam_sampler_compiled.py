"""BeamSampler in compiled graphs, on JAX, and with other dtypes."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.processes import on_jax
from tests.zoo.samplers.history_decoder import END, B, HistoryDecoder, L, V, prompts, run
from zoo.samplers import BeamSampler


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
        return sampler(decoder.next, prompt, cache, index=1, stop_token_ids=[END])

    ids, scores = search(*keras.tree.map_structure(tf.constant, (prompts(B, L), decoder.cache())))
    expected_ids, expected_scores = run(sampler, decoder)
    assert ids.numpy().tolist() == expected_ids.tolist()
    np.testing.assert_allclose(scores, expected_scores, 1e-5)


def answers_of_jax():
    """Ids and scores, without and with compilation."""
    import jax

    assert keras.backend.backend() == "jax"
    decoder, sampler = HistoryDecoder(B), BeamSampler(3, return_all_beams=True)
    search = lambda *inputs: sampler(decoder.next, *inputs, index=1, stop_token_ids=[END])
    results = [function(prompts(B, L), decoder.cache()) for function in (search, jax.jit(search))]
    return keras.tree.map_structure(np.asarray, results)


def test_the_same_answers_on_jax():
    expected_ids, expected_scores = run(BeamSampler(3, return_all_beams=True), HistoryDecoder(B))
    for ids, scores in on_jax(answers_of_jax):
        assert ids.tolist() == expected_ids.tolist()
        np.testing.assert_allclose(scores, expected_scores, 1e-5)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_scores_are_float32(dtype):
    decoder, sampler = HistoryDecoder(B), BeamSampler(3, return_all_beams=True)
    bias = np.linspace(0, 2, V)

    def next(prompt, cache, index):
        logits, _, cache = decoder.next(prompt, cache, index)
        return ops.cast(ops.round(logits) + bias, dtype), None, cache

    ids, scores = sampler(next, prompts(B, L), decoder.cache(), index=1, stop_token_ids=[END])
    assert keras.backend.standardize_dtype(scores.dtype) == "float32"
    assert np.asarray(ids).shape == (B, 3, L)
    assert np.all(np.diff(np.asarray(scores)) <= 0)
