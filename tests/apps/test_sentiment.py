"""SentimentClassifier: raw texts in, labels out; training; saving; bad input."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import any_shape

import apps
import zoo
from apps import SentimentClassifier, SentimentPreprocessor, WordTokenizer
from tests.toy_data import TRAINING_LABELS, TRAINING_TEXTS

POOLINGS = ["last", "max", "mean", "attention"]


def dataset(batch_size=8):
    parts = (TRAINING_TEXTS, TRAINING_LABELS)
    return tf.data.Dataset.from_tensor_slices(parts).shuffle(32, seed=0).batch(batch_size)


@pytest.fixture
def trained(make_classifier, models):
    """Gives a classifier of a pooling that has learnt, and the history of its `fit`.

    It is the same for all tests, which may train on it: its weights are put back after each.
    """

    def give(pooling="max"):
        if pooling not in models:
            keras.utils.set_random_seed(0)
            classifier = make_classifier(pooling=pooling, dropout=0.0)
            classifier.compile(keras.optimizers.Adam(0.02))
            data = dataset().repeat(8)  # in one epoch: each makes its pipelines anew
            history = classifier.fit(data, validation_data=dataset(), verbose=0).history
            any_shape(classifier, classifier.preprocessor(["a"]))
            models[pooling] = classifier, history, classifier.get_weights()
        return models[pooling][:2]

    yield give
    for classifier, _, weights in models.values():
        classifier.set_weights(weights)


@pytest.fixture
def classifier(trained):
    return trained()[0]


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_text_alone_and_in_a_padded_batch_give_the_same_answer(make_classifier, pooling):
    classifier = make_classifier(pooling=pooling, network={"depth": 2})
    # A graph takes longer to make, but without one Keras warns of the attention to a single word.
    classifier.compile(run_eagerly=pooling != "attention")
    texts = ["a fine film", "bad", "a bad , bad film !"]
    together = classifier.predict(texts, verbose=0)
    alone = classifier.predict(texts, batch_size=1, verbose=0)
    np.testing.assert_allclose(alone, together, atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_fit_learns_from_raw_text(trained, pooling):
    classifier, history = trained(pooling)
    assert history["val_accuracy"][-1] == 1.0
    assert [c.label for c in classifier.classify(["fine film", "bad film"])] == [
        "positive",
        "negative",
    ]


def test_fit_takes_lists_and_splits_off_validation(classifier):
    before = int(classifier.optimizer.iterations)
    history = classifier.fit(
        TRAINING_TEXTS, TRAINING_LABELS, batch_size=8, validation_split=0.25, epochs=2, verbose=0
    )
    assert set(history.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    steps = int(classifier.optimizer.iterations) - before
    assert steps == 2 * 24 / 8  # three quarters of 32, twice
    with pytest.raises(ValueError, match=r"same number of rows, got 32, 3"):
        classifier.fit(TRAINING_TEXTS, [0, 1, 0], verbose=0)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([], [], ValueError, r"`x` must have at least one text"),
        (["a", None], [0, 1], TypeError, r"`x\[1\]` must be a string, got NoneType"),
        (["a", "b"], [0, 5], ValueError, r"`y` must be one integer in \[0, 2\).*got 5"),
        (np.array(["a", "b"]), [0, "b"], ValueError, r"`y` must be one integer"),
    ],
)
def test_fit_and_evaluate_refuse_what_they_cannot_learn(classifier, x, y, error, message):
    for job in (classifier.fit, classifier.evaluate):
        with pytest.raises(error, match=message):
            job(x, y, verbose=0)


def test_predict_refuses_what_is_no_text(classifier):
    with pytest.raises(ValueError, match="`x` must have at least one text"):
        classifier.predict([])
    with pytest.raises(TypeError, match=r"`x\[0\]` must be a string, got int 3"):
        classifier.predict([3])


def test_num_classes_alone_gives_a_new_head(make_classifier, tmp_path):
    make_classifier().save_to_preset(tmp_path / "two")
    three = SentimentClassifier.from_preset(tmp_path / "two", num_classes=3)
    assert three.labels == ("0", "1", "2")


def test_lists_are_shuffled_anew_in_every_epoch(classifier, monkeypatch):
    seen = []
    encode = classifier.preprocessor.call

    def spy(x, y=None, sample_weight=None):
        tf.py_function(lambda labels: seen.append(labels.numpy().tolist()), [y], [])
        return encode(x, y, sample_weight)

    monkeypatch.setattr(classifier.preprocessor, "call", spy)
    monkeypatch.setattr(
        classifier,
        "preprocess_samples",
        lambda x, y=None, sample_weight=None: spy(x, y, sample_weight),
    )
    labels = list(range(2)) * 16
    classifier.fit(TRAINING_TEXTS, labels, batch_size=32, epochs=2, verbose=0)
    assert len(seen) == 2
    assert seen[0] != seen[1]
    assert sorted(seen[0]) == sorted(labels)


def test_classify_keeps_the_order_of_the_texts(classifier):
    texts = ["a fine film !", "bad", "film", "a bad film", "fine , fine"] * 3
    answers = classifier.classify(texts, batch_size=4)
    probabilities = classifier.predict(texts, verbose=0)
    for answer, row in zip(answers, probabilities):
        assert answer.label == classifier.labels[row.argmax()]
        assert answer.score == pytest.approx(row.max(), abs=1e-6)


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("a film", TypeError, r"`texts` must be a list of strings, got str 'a film'"),
        (None, TypeError, r"`texts` must be a list of strings, got NoneType"),
        ([], ValueError, r"`texts` must have at least one text"),
        (["a", 3], TypeError, r"`texts\[1\]` must be a string, got int 3"),
        (["a", b"b"], TypeError, r"`texts\[1\]` must be a string, got bytes"),
        (["a", " \n"], ValueError, r"`texts\[1\]` must have words in it, got ' \\n'"),
        (["a", "\0\ufeff"], ValueError, r"`texts\[1\]` must have words in it, got '\\x00\\ufeff'"),
        (["\ud800"], ValueError, r"`texts\[0\]` is not valid Unicode"),
    ],
)
def test_classify_refuses_what_is_no_text(classifier, texts, error, message):
    with pytest.raises(error, match=message):
        classifier.classify(texts)


@pytest.mark.parametrize("text", ["😀", "فيلم رائع", "e\u0301\u0302", "a\x00b"])
def test_any_unicode_gives_an_answer(classifier, text):
    (answer,) = classifier.classify([text])
    assert 0.5 <= answer.score <= 1


@pytest.mark.parametrize("text", ["\x00", "\u200d", "<br />"])
def test_a_text_of_nothing_but_signs_that_are_no_words_is_blank(classifier, text):
    with pytest.raises(ValueError, match=r"`texts\[0\]` must have words in it"):
        classifier.classify([text])


def test_very_long_texts_are_cut_and_that_is_said_once(classifier):
    texts = ["fine " * 100_000, "a film", "bad " * 9]
    with pytest.warns(UserWarning, match=r"2 of 3 texts .*`sequence_length`=8.*100000") as caught:
        answers = classifier.classify(texts)
    assert len(caught) == 1
    assert len(answers) == 3


def test_what_a_cut_keeps():
    tokenizer = WordTokenizer(["a", "b", "c", "d", "e", "f"])
    text = tf.constant(["a b c d e f", "a b"])
    middle = SentimentPreprocessor(tokenizer, 4)(text)["token_ids"]
    assert middle.numpy().tolist() == [[2, 3, 6, 7], [2, 3, 0, 0]]
    odd = SentimentPreprocessor(tokenizer, 5)(text)["token_ids"]
    assert odd.numpy().tolist() == [[2, 3, 5, 6, 7], [2, 3, 0, 0, 0]]
    end = SentimentPreprocessor(tokenizer, 4, truncate="end")(text)["token_ids"]
    assert end.numpy().tolist() == [[2, 3, 4, 5], [2, 3, 0, 0]]


def test_static_shapes_for_tpus():
    tokenizer = WordTokenizer(["a"])
    preprocessor = SentimentPreprocessor(tokenizer, 6, pad_to_length=True)
    inputs = tf.data.Dataset.from_tensor_slices(["a", ""]).batch(2).map(preprocessor)
    assert inputs.element_spec["token_ids"].shape[1] == 6
    assert next(iter(inputs))["padding_mask"].numpy().sum(axis=1).tolist() == [1, 1]


def test_preset_round_trip(make_classifier, tmp_path):
    classifier = make_classifier(labels=["bad", "fair", "good"], pooling="attention")
    texts = ["a fine film", "bad !"]
    classifier.save_to_preset(tmp_path / "mine")
    for loaded in (
        zoo.load(str(tmp_path / "mine")),
        SentimentClassifier.from_preset(tmp_path / "mine"),
    ):
        assert loaded.classify(texts) == classifier.classify(texts)
    assert loaded.labels == ("bad", "fair", "good")


def test_saving_leaves_out_the_optimizer(classifier, make_classifier, tmp_path):
    make_classifier().save_to_preset(tmp_path / "before")
    classifier.save_to_preset(tmp_path / "after")
    sizes = [(tmp_path / n / "task.weights.h5").stat().st_size for n in ("before", "after")]
    assert sizes[0] == sizes[1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = zoo.load(str(tmp_path / "after"))
    assert loaded.classify(["a film"]) == classifier.classify(["a film"])


def test_half_precision_files_are_smaller_and_close(make_classifier, tmp_path):
    classifier = make_classifier(network={"embedding_dropout": 0.1})
    classifier.save_to_preset(tmp_path / "half", weights_dtype="float16")
    loaded = zoo.load(str(tmp_path / "half"))
    for half, full in zip(loaded.get_weights(), classifier.get_weights()):
        np.testing.assert_array_equal(half, full.astype("float16").astype("float32"))
    with pytest.raises(ValueError, match=r"`weights_dtype`.*'int8'"):
        classifier.save_to_preset(tmp_path / "half", weights_dtype="int8")


def test_other_labels_get_a_new_head_on_the_trained_encoder(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.save_to_preset(tmp_path / "two")
    three = SentimentClassifier.from_preset(tmp_path / "two", labels=["a", "b", "c"])
    assert three.predict(["a film"], verbose=0).shape == (1, 3)
    np.testing.assert_array_equal(
        three.backbone.get_weights()[0], classifier.backbone.get_weights()[0]
    )


def test_mixed_precision_keeps_probabilities_in_float32(make_classifier, tmp_path):
    make_classifier().save_to_preset(tmp_path / "mine")
    half = SentimentClassifier.from_preset(tmp_path / "mine", dtype="mixed_bfloat16")
    full = SentimentClassifier.from_preset(tmp_path / "mine")
    probabilities = half.predict(["a fine film"], verbose=0)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, full.predict(["a fine film"], verbose=0), atol=0.02)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"pooling": "sum"}, r"`pooling` must be one of .*'sum'"),
        ({"labels": ["one"]}, r"`labels` must be a list of two or more"),
        ({"labels": ["a", "a"]}, r"`labels` must be a list of two or more different"),
        (
            {"labels": ["a", "b"], "num_classes": 3},
            r"`num_classes` must be that of `labels`, 2, got 3",
        ),
        ({"network": {"cell": "transformer"}}, r"`cell` must be one of"),
        ({"network": {"depth": 0}}, r"`depth` must be a positive integer, got 0"),
        ({"sequence_length": 1}, r"`sequence_length` must be an integer >= 2, got 1"),
    ],
)
def test_constructor_errors(make_classifier, kwargs, message):
    with pytest.raises(ValueError, match=message):
        make_classifier(**kwargs)


@pytest.mark.parametrize("cell", ["gru", "lstm", "peephole_lstm", "simple_rnn"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_every_encoder_works_in_the_app(make_classifier, cell, bidirectional):
    """Without graphs: those of all layers are tried in `tests/zoo`."""
    network = {"cell": cell, "bidirectional": bidirectional, "depth": 2, "recurrent_dropout": 0.2}
    classifier = make_classifier(network=network, pooling="last")
    classifier.compile(run_eagerly=True)
    classifier.fit(dataset().take(1), verbose=0)
    assert len(classifier.classify(["a film", "bad"])) == 2


def test_all_names_of_the_package_exist():
    assert all(hasattr(apps, name) for name in apps.__all__)


@pytest.mark.parametrize("truncate", ["middle", "end"])
def test_the_weights_of_words(make_classifier, truncate):
    """They are the layer's, for the words that are left of a text, as they came."""
    classifier = make_classifier(pooling="attention")
    preprocessor = classifier.preprocessor
    preprocessor.sequence_length, preprocessor.truncate = 4, truncate
    texts = ["A FINE film", "bad bad a fine film , bad", "bad"]
    with pytest.warns(UserWarning, match="1 of 3 texts are longer"):
        answers = classifier.classify(texts, return_attention=True)
    kept = ["bad", "bad", *(["a", "fine"] if truncate == "end" else [",", "bad"])]
    assert [answer.words for answer in answers] == [["A", "FINE", "film"], kept, ["bad"]]
    states = classifier.backbone(preprocessor(texts))
    _, expected = classifier.get_layer("pooling")(
        states["sequence_output"], mask=states["padding_mask"]
    )
    for answer, weights in zip(answers, np.asarray(expected)):
        np.testing.assert_allclose(answer.attention, weights[: len(answer.words)], 1e-5)
        assert sum(answer.attention) == pytest.approx(1)
    with pytest.warns(UserWarning, match="1 of 3"):
        plain = classifier.classify(texts)
    assert [answer.label for answer in plain] == [answer.label for answer in answers]
    assert all(answer.attention is None for answer in plain)


def test_no_weights_without_attention(classifier):
    with pytest.raises(ValueError, match="`return_attention` must be False where `pooling`"):
        classifier.classify(["fine"], return_attention=True)


def test_a_new_head_of_a_quantized_preset_learns(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.quantize("int8")
    classifier.save_to_preset(tmp_path / "small")
    again = SentimentClassifier.from_preset(str(tmp_path / "small"), labels=["a", "b", "c"])
    head = again.get_layer("probabilities")
    assert (head.quantization_mode, len(head.trainable_weights)) == (None, 2)
    assert again.backbone.token_embedding.quantization_mode == "int8"
