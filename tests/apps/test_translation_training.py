"""Training of translators: what `fit` takes, what counts, scheduled sampling, `compile`, XLA."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toy_translator import (
    ANSWERS,
    TEXTS,
    for_any_texts,
    make_preprocessor,
    make_translator,
    train,
)

from apps import SmoothedCrossentropy
from apps.callbacks import TranslationQuality
from apps.datasets import bucket_by_length
from apps.metrics import translation_scores


@pytest.fixture(scope="module")
def translator_of_the_file():
    return for_any_texts(train(), 5)


@pytest.fixture
def trained(translator_of_the_file):
    """A translator that has learnt; tests may train on it: its weights are put back after each."""
    weights = translator_of_the_file.get_weights()
    yield translator_of_the_file
    translator_of_the_file.set_weights(weights)


@pytest.fixture
def untrained(models):
    """One that stays as it is."""
    if "untrained" not in models:
        models["untrained"] = make_translator(scale=3)
    return models["untrained"]


def dataset(batch_size=4):
    return tf.data.Dataset.from_tensor_slices((TEXTS, ANSWERS)).batch(batch_size)


def figures(translator, *data, **kwargs):
    return translator.evaluate(*data, return_dict=True, verbose=0, **kwargs)


def network_inputs(translator, texts=TEXTS, answers=ANSWERS):
    inputs, labels, weights = translator.preprocessor(texts, answers)
    return {name: keras.ops.array(each) for name, each in inputs.items()}, labels, weights


def test_lists_datasets_and_buckets_alike(trained):
    translator = trained
    translator.fit(TEXTS, ANSWERS, batch_size=8, epochs=2, verbose=0)
    history = translator.fit(dataset(8), validation_data=(TEXTS, ANSWERS), verbose=0).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    lists = figures(translator, TEXTS, ANSWERS)
    assert lists == figures(translator, dataset(8))
    assert lists["accuracy"] == history["val_accuracy"][0]
    pairs = tf.data.Dataset.from_tensor_slices((TEXTS, ANSWERS))
    assert figures(translator, bucket_by_length(pairs, 8)) == pytest.approx(lists)


def test_the_loss_is_that_of_the_labels():
    translator = make_translator(scale=3, label_smoothing=0.2)
    inputs, labels, weights = network_inputs(translator)
    logits = translator(inputs)["logits"]
    losses = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.2, reduction="none"
    )(keras.ops.one_hot(labels, 9), logits)
    found = figures(translator, TEXTS, ANSWERS)
    assert found["loss"] == pytest.approx(float(np.sum(losses * weights) / np.sum(weights)), 1e-5)
    right = (np.argmax(logits, axis=-1) == labels.numpy()) * weights
    assert found["accuracy"] == pytest.approx(float(np.sum(right) / np.sum(weights)))


def test_padding_does_not_count(untrained):
    translator = untrained
    padded = make_translator(preprocessor=make_preprocessor(pad_to_length=True))
    padded.backbone.set_weights(translator.backbone.get_weights())
    found = figures(translator, TEXTS, ANSWERS)
    assert figures(padded, TEXTS, ANSWERS) == pytest.approx(found, rel=1e-5)


def test_texts_may_have_weights(untrained):
    translator = untrained
    alone = figures(translator, TEXTS[:2], ANSWERS[:2])
    weights = np.array([1.0, 1.0, 0.0])
    weighted = figures(translator, TEXTS[:3], [*ANSWERS[:2], "dddd"], sample_weight=weights)
    assert weighted == pytest.approx(alone, rel=1e-5)


def test_predict_gives_texts(trained):
    translator = trained
    lists = translator.predict(TEXTS, verbose=0)
    assert lists.dtype == object
    assert lists.tolist() == ANSWERS
    assert translator.predict(dataset(3)).tolist() == ANSWERS
    sources = tf.data.Dataset.from_tensor_slices(TEXTS).batch(2).repeat(3)
    assert translator.predict(sources, steps=2).tolist() == ANSWERS[:4]
    assert translator.predict(np.array(TEXTS), 5).tolist() == ANSWERS
    with pytest.raises(ValueError, match="`callbacks` must be None for raw texts"):
        translator.predict(TEXTS, callbacks=[keras.callbacks.Callback()])


def test_predict_of_encoded_texts_is_that_of_keras(trained):
    translator = trained
    inputs, _, _ = network_inputs(translator)
    preprocessor, translator.preprocessor = translator.preprocessor, None
    try:
        outputs = translator.predict(inputs, verbose=0)
    finally:
        translator.preprocessor = preprocessor
    assert outputs["logits"].shape == (8, 5, 9)
    assert outputs["attention"].shape == (8, 5, 5)


def test_figures_of_translations(trained):
    translator = trained
    references = [*ANSWERS[:7], "wrong"]
    pairs = tf.data.Dataset.from_tensor_slices((TEXTS, references))
    assert translator.measure(pairs) == translation_scores(ANSWERS, references)
    assert translator.measure(pairs)["exact_match"] == 7 / 8
    several = tf.data.Dataset.from_generator(
        lambda: [("ab", ["x", "ba"]), ("abc", ["y"])],
        output_signature=(tf.TensorSpec((), tf.string), tf.TensorSpec((None,), tf.string)),
    )
    assert translator.measure(several)["exact_match"] == 0.5


def test_scores_of_translations_in_the_logs(trained):
    references = [["x", "ba"], "ab", *ANSWERS[2:7], "wrong"]
    quality, logs = TranslationQuality(TEXTS, references), {"loss": 1.0}
    quality.set_model(trained)
    quality.on_epoch_end(0, logs)
    expected = translation_scores(ANSWERS, references)
    assert logs == {"loss": 1.0, **{f"val_{name}": value for name, value in expected.items()}}
    assert logs["val_exact_match"] == 7 / 8


def share_of_own(translator, texts, answers):
    """The share of the decoder's input, but for the start and padding, that is not the target."""
    inputs, _, weights = network_inputs(translator, texts, answers)
    mixed = keras.ops.convert_to_numpy(translator._partly_own(inputs))
    given = keras.ops.convert_to_numpy(inputs["target_ids"])
    assert np.all(mixed[:, 0] == 2)
    assert mixed.dtype == given.dtype
    return np.mean((mixed != given)[:, 1:][weights.numpy()[:, 1:] > 0])


def test_the_share_of_the_networks_own_tokens_grows():
    translator = make_translator(sampling_rate=1.0, sampling_steps=8)
    texts, answers = TEXTS * 50, ANSWERS * 50
    shares = []
    for steps in (0, 4, 8, 1000):
        translator.optimizer.iterations.assign(steps)
        shares.append(share_of_own(translator, texts, answers))
    # An untrained network draws one of nine tokens, which is the true one now and then.
    np.testing.assert_allclose(shares, [0, 4 / 9, 8 / 9, 8 / 9], atol=0.05)
    half = make_translator(sampling_rate=0.5, sampling_steps=1)
    half.optimizer.iterations.assign(2)
    assert share_of_own(half, texts, answers) == pytest.approx(4 / 9, abs=0.05)


def test_the_networks_own_tokens_are_what_it_would_have_said(trained):
    translator = trained
    same = make_translator(units=32, sampling_rate=1.0, sampling_steps=1)
    same.backbone.set_weights(translator.backbone.get_weights())
    same.optimizer.iterations.assign(1)
    assert share_of_own(same, TEXTS * 20, ANSWERS * 20) < 0.2  # it knows the answers
    assert share_of_own(same, TEXTS * 20, [answer[::-1] for answer in ANSWERS] * 20) > 0.4


def test_scheduled_sampling_is_for_training_alone():
    translator = make_translator(scale=3, sampling_rate=1.0, sampling_steps=2)
    plain = make_translator(label_smoothing=0.1)
    plain.backbone.set_weights(translator.backbone.get_weights())
    inputs, _, _ = network_inputs(translator)
    expected = plain(inputs, training=True)["logits"]
    np.testing.assert_array_equal(translator(inputs, training=True)["logits"], expected)
    translator.optimizer.iterations.assign(2)
    np.testing.assert_array_equal(translator(inputs, training=False)["logits"], expected)
    mixed = translator(inputs, training=True)["logits"]
    np.testing.assert_allclose(mixed[:, 0], expected[:, 0], atol=1e-6)
    assert np.max(np.abs(mixed[:, 1:] - expected[:, 1:])) > 0.01
    assert figures(translator, TEXTS, ANSWERS) == figures(plain, TEXTS, ANSWERS)
    history = translator.fit(TEXTS * 4, ANSWERS * 4, batch_size=8, epochs=3, verbose=0).history
    assert int(translator.optimizer.iterations) == 14
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sampling_rate": 1.1}, r"`sampling_rate` must be a number in \[0, 1\], got 1.1"),
        ({"sampling_rate": True}, r"`sampling_rate` must be a number in \[0, 1\], got True"),
        ({"sampling_steps": 0}, "`sampling_steps` must be a positive integer, got 0"),
        ({"label_smoothing": 1.0}, r"`label_smoothing` must be in \[0, 1\), got 1.0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_translator(**arguments)


def test_compile_takes_what_keras_takes():
    translator = make_translator()
    translator.compile(
        "sgd",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(k=9, name="all")],
        metrics=[keras.metrics.SparseCategoricalCrossentropy(from_logits=True, name="padded")],
    )
    found = figures(translator, dataset())
    assert set(found) == {"loss", "accuracy", "all", "padded"}
    assert found["all"] == 1
    assert isinstance(translator.optimizer, keras.optimizers.SGD)
    translator.compile()
    assert isinstance(translator.optimizer, keras.optimizers.Adam)
    assert isinstance(translator.loss, SmoothedCrossentropy)
    assert translator.loss.label_smoothing == 0.1


def test_xla_on_static_shapes():
    preprocessor = make_preprocessor(6, pad_to_length=True)
    translator = make_translator({"cell": "simple_rnn"}, preprocessor, scale=3)
    before = figures(translator, dataset(8))
    translator.compile(jit_compile=True)
    history = translator.fit(dataset(8), epochs=3, verbose=0).history
    assert history["loss"][0] == pytest.approx(before["loss"], rel=1e-5)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([], [], ValueError, "`x` must have at least one text"),
        (["ab", 3], ["ba", "c"], TypeError, r"`x\[1\]` must be a string, got int 3"),
        (["ab", "c"], ["ba"], ValueError, "same number of rows, got 2, 1"),
        (["ab"], [["ba"]], TypeError, r"`y\[0\]` must be a string, got list"),
        (["ab"], [" "], ValueError, r"`y\[0\]` must have words in it, got ' '"),
        (["ab"], "ba", TypeError, "`y` must be a sequence of labels, got str 'ba'"),
    ],
)
def test_bad_examples(trained, x, y, error, message):
    for job in (trained.fit, trained.evaluate):
        with pytest.raises(error, match=message):
            job(x, y, verbose=0)
