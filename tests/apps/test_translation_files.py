"""Translators in files: presets, Keras' own, exports; and the same answers on JAX."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toy_translator import ANSWERS, TEXTS, for_any_texts, make_translator, trained_translator

import zoo
from apps import Tagger, Translator
from tests.apps import jax_apps
from tests.apps.saved_models import serve
from tests.processes import forked, on_jax


@pytest.fixture(scope="module")
def trained():
    """A translator that has learnt, and stays as it is."""
    return for_any_texts(trained_translator(), 5)


ODD = [*TEXTS, "", "dcba", "abcd dcba " * 3]


def test_presets(trained, tmp_path):
    translator = trained
    translator.save_to_preset(tmp_path / "mine")
    loaded = zoo.load(tmp_path / "mine")
    assert isinstance(loaded, Translator)
    assert loaded.translate(TEXTS, return_attention=False) == translator.translate(TEXTS)
    assert loaded.get_config() == translator.get_config()
    changed = Translator.from_preset(tmp_path / "mine", sampling_rate=0.5, monitor="chrf")
    assert (changed.sampling_rate, changed.monitor) == (0.5, "chrf")
    with pytest.raises(ValueError, match=r"must be of a Tagger, got .* which is of a Translator"):
        Tagger.from_preset(tmp_path / "mine")


def test_presets_of_half_precision(trained, tmp_path):
    translator = trained
    translator.save_to_preset(tmp_path / "mine", weights_dtype="float16")
    loaded = zoo.load(tmp_path / "mine", dtype="mixed_bfloat16")
    for old, new in zip(translator.translate(TEXTS), loaded.translate(TEXTS)):
        assert old.text == new.text
        assert old.score == pytest.approx(new.score, abs=0.05)


def test_a_vocabulary_of_another_size_is_refused(trained):
    translator, other = trained, zoo.backbones.Seq2Seq(10, 4, 3)
    with pytest.raises(ValueError, match=r"`vocabulary` .* must have 10 ids .*, got 9"):
        Translator(other, translator.preprocessor)


def test_keras_files(tmp_path):
    translator = make_translator(scale=4, sampling_rate=0.25, sampling_steps=7, monitor="chrf")
    translator.compile(
        keras.optimizers.Adam(0.02),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
    )
    translator.optimizer.build(translator.trainable_variables)
    for number, variable in enumerate(translator.optimizer.variables):
        variable.assign(keras.ops.full(variable.shape, number, variable.dtype))
    translator.save(tmp_path / "mine.keras")
    loaded = keras.saving.load_model(tmp_path / "mine.keras")
    assert loaded.translate(TEXTS, beam_width=1) == translator.translate(TEXTS, beam_width=1)
    assert (loaded.sampling_rate, loaded.sampling_steps, loaded.monitor) == (0.25, 7, "chrf")
    assert isinstance(loaded.loss, keras.losses.SparseCategoricalCrossentropy)
    assert loaded.evaluate(TEXTS, ANSWERS, verbose=0) == translator.evaluate(
        TEXTS, ANSWERS, verbose=0
    )
    for one, other in zip(translator.optimizer.variables, loaded.optimizer.variables):
        np.testing.assert_array_equal(one, other)


def test_the_saved_model_gives_the_same_answers_in_another_process(tmp_path):
    translator = trained_translator()
    translator.export(tmp_path / "serve")  # before the first translation
    with pytest.warns(UserWarning, match="1 of 11 texts are longer"):
        expected = [answer.text for answer in translator.translate(ODD)]
    assert expected[:9] == [*ANSWERS, ""]
    batches = [{"texts": texts} for texts in (ODD, ODD[1:2], ["", "日本"])]
    served = [each["translation"] for each in forked(serve, tmp_path / "serve", *batches)]
    assert served == [expected, expected[1:2], ["", ""]]


def test_the_exported_search_is_that_of_translate():
    """It has several hypotheses, where a greedy search finds others."""
    translator = make_translator(scale=3)
    with_beam, greedy = (
        [answer.text for answer in translator.translate(TEXTS, beam_width=width)]
        for width in (5, 1)
    )
    assert with_beam != greedy
    served = tf.function(translator.serve, autograph=False)(tf.constant(TEXTS))
    assert [text.decode() for text in served["translation"].numpy()] == with_beam


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_logits_are_single_precision_under_mixed_precision(policy):
    translator = make_translator({"dtype": policy})
    assert translator.backbone.compute_dtype == policy.removeprefix("mixed_")
    assert translator.output["logits"].dtype == "float32"


def test_the_same_translations_on_jax(trained, tmp_path):
    translator = trained
    translator.save_to_preset(tmp_path / "mine")
    found, losses = on_jax(jax_apps.translate, tmp_path / "mine", TEXTS)
    for beam_width, answers in zip((1, 5), found):
        expected = translator.translate(TEXTS, beam_width=beam_width)
        assert [text for text, _ in answers] == [answer.text for answer in expected]
        scores = [answer.score for answer in expected]
        np.testing.assert_allclose([score for _, score in answers], scores, atol=1e-4)
    assert losses[-1] < losses[0]
