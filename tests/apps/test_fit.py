"""`fit` and `evaluate` take what people have, in Keras' order of arguments and with its meaning."""

import inspect

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import apps
from zoo.backbones import RecurrentEncoder

TEXTS = ["a fine film", "fine", "a bad film", "bad"] * 8
NAMES = ["positive", "positive", "negative", "negative"] * 8
LABELS = [1, 1, 0, 0] * 8


@pytest.fixture(scope="module")
def classifier():
    tokenizer = apps.WordTokenizer(["film", "a", "fine", "bad"])
    encoder = RecurrentEncoder(tokenizer.vocabulary_size(), 4, 2)
    task = apps.SentimentClassifier(encoder, apps.SentimentPreprocessor(tokenizer, 8), dropout=0.0)
    task.compile()
    task.optimizer.build(task.trainable_variables)
    task.start = task.get_weights()
    return task


class Batches(keras.utils.PyDataset):
    def __init__(self, epochs=None):
        super().__init__()
        self.epochs = epochs

    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return TEXTS[rows], NAMES[rows]

    def on_epoch_end(self):
        if self.epochs is not None:
            self.epochs.append(1)


def batches():
    return (Batches()[index] for index in range(4))


def trained(task, *args, **kwargs):
    """The history of a training of a fresh model, without shuffling."""
    task.set_weights(task.start)
    for variable in task.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    task.optimizer.learning_rate = 0.01
    kwargs = {"verbose": 0, "shuffle": False, **kwargs}
    return task.fit(*args, **kwargs).history


@pytest.fixture(scope="module")
def expected(classifier):
    return trained(classifier, TEXTS, LABELS, 8)


FORMS = {
    "names": lambda: (TEXTS, NAMES),
    "tuples": lambda: (tuple(TEXTS), tuple(LABELS)),
    "series": lambda: (pd.Series(TEXTS), pd.Series(NAMES)),
    "series of categories": lambda: (pd.Series(TEXTS), pd.Series(NAMES, dtype="category")),
    "another index": lambda: (pd.Series(TEXTS, range(5, 37)), pd.Series(LABELS, range(32))),
    "arrays of pandas": lambda: (pd.Series(TEXTS).values, pd.Series(NAMES).values),
    "arrays of objects": lambda: (np.array(TEXTS, object), np.array(NAMES, object)),
    "arrays of strings": lambda: (np.array(TEXTS), np.array(NAMES)),
    "arrays of NumPy 2": lambda: (np.array(TEXTS, np.dtypes.StringDType()), np.array(LABELS)),
}


@pytest.mark.parametrize("form", FORMS)
def test_sequences_are_examples(classifier, form):
    examples = classifier.raw_dataset(*FORMS[form]()).as_numpy_iterator()
    assert [(x.decode(), int(y)) for x, y in examples] == list(zip(TEXTS, LABELS))


def test_a_series_is_taken_as_a_list_is(classifier, expected):
    x, y = pd.Series(TEXTS), pd.Series(NAMES)
    assert trained(classifier, x, y, 8) == expected
    assert classifier.evaluate(x, y, 8, 0) == classifier.evaluate(TEXTS, LABELS, 8, 0)
    assert classifier.classify(x) == classifier.classify(TEXTS)
    np.testing.assert_array_equal(
        classifier.predict(x, verbose=0), classifier.predict(TEXTS, verbose=0)
    )


SOURCES = {
    "PyDataset": Batches,
    "generator": batches,
    "dataset": lambda: tf.data.Dataset.from_tensor_slices((TEXTS, NAMES)).batch(8),
    "loader": lambda: type("Loader", (), {"__iter__": lambda self: map(list, batches())})(),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # as Keras says of generators
def test_sources_are_batches(classifier, expected, source):
    assert trained(classifier, SOURCES[source]()) == expected
    history = trained(classifier, SOURCES[source](), validation_data=SOURCES[source]())
    assert {name: history[name] for name in expected} == expected
    figures = classifier.evaluate(SOURCES[source](), return_dict=True, verbose=0)
    assert figures["loss"] == pytest.approx(history["val_loss"][0])
    for name, value in {"y": LABELS, "batch_size": 8, "sample_weight": LABELS}.items():
        with pytest.raises(ValueError, match=f"`{name}` must be None where `x` has batches"):
            classifier.fit(SOURCES[source](), **{name: value})
    with pytest.raises(ValueError, match="`validation_split` must be 0 where `x` has batches"):
        classifier.fit(SOURCES[source](), validation_split=0.5)


def test_a_generator_goes_on_in_the_next_epoch(classifier):
    endless = (Batches()[index % 4] for index in range(1000))
    assert len(trained(classifier, endless, epochs=3, steps_per_epoch=2)["loss"]) == 3
    assert int(classifier.optimizer.iterations) == 6
    with pytest.raises(ValueError, match="`x` must have at least one batch, got none"):
        classifier.fit(iter([]))
    with pytest.raises(ValueError, match="must be a tuple \\(x, y\\)"):
        classifier.fit(iter(["a text"]))


def test_a_pydataset_is_told_of_epochs_and_shuffled(classifier):
    source = Batches([])
    trained(classifier, source, epochs=2)
    assert len(source.epochs) == 2
    seen = []
    monitored = type("Spy", (Batches,), {})()
    take = monitored.__getitem__
    type(monitored).__getitem__ = lambda self, index: seen.append(index) or take(index)
    trained(classifier, monitored, epochs=4, shuffle=True)
    epochs = [seen[place : place + 4] for place in range(1, 17, 4)]  # after one that is looked at
    assert all(sorted(epoch) == [0, 1, 2, 3] for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1


def test_the_order_of_arguments_is_that_of_keras():
    for name in ("fit", "evaluate"):
        keras_own = list(inspect.signature(getattr(keras.Model, name)).parameters)
        ours = list(inspect.signature(getattr(apps.SentimentClassifier, name)).parameters)
        ours.remove("kwargs")
        assert ours == [each for each in keras_own if each in ours]
        assert ours == keras_own[: len(ours)] or name == "fit"


def test_examples_are_shuffled_whatever_they_came_in(classifier):
    """Sorted by label, a batch would have one alone: its accuracy would be 0 or 1."""
    texts, labels = pd.Series(sorted(TEXTS)), pd.Series(sorted(LABELS))
    seen = []
    classifier.fit(
        texts,
        labels,
        8,
        2,
        0,
        [keras.callbacks.LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(logs))],
    )
    assert len(seen) == 8
    encoded = classifier.preprocessor.call
    batches = []

    def spy(x, y=None, sample_weight=None):
        tf.py_function(lambda labels: batches.append(labels.numpy().tolist()), [y], [])
        return encoded(x, y, sample_weight)

    classifier.preprocessor.call = spy
    classifier.preprocess_samples = spy
    try:
        classifier.fit(texts, labels, 8, verbose=0)
    finally:
        del classifier.preprocessor.call, classifier.preprocess_samples
    assert sorted(np.concatenate(batches)) == sorted(LABELS)
    assert any(0 < sum(batch) < 8 for batch in batches)


def test_validation_split_takes_the_last_examples_as_they_came(classifier):
    rows = sorted(range(32), key=LABELS.__getitem__)  # the first are not like the last
    texts, labels = [TEXTS[row] for row in rows], [LABELS[row] for row in rows]
    history = trained(classifier, texts, labels, 8, validation_split=0.25)
    last = {"validation_data": (texts[24:], pd.Series(labels[24:]))}
    assert history == trained(classifier, texts[:24], labels[:24], 8, **last)
    both = trained(classifier, texts, labels, 8, validation_split=0.25, **last)
    assert both == trained(classifier, texts, labels, 8, **last)  # all are trained on
    for share in (-0.5, 1, 1.0, True, "half"):
        with pytest.raises(ValueError, match=r"`validation_split` must be a share in \[0, 1\)"):
            classifier.fit(TEXTS, LABELS, validation_split=share)
    with pytest.raises(ValueError, match=r"must leave examples on both sides, got 0\.99 of 32"):
        classifier.fit(TEXTS, LABELS, validation_split=0.99)


def test_class_weight(classifier):
    by_name = trained(classifier, TEXTS, NAMES, 8, class_weight={"positive": 3.0})
    weights = [3.0 if label else 1.0 for label in LABELS]
    expected = trained(classifier, TEXTS, LABELS, 8, sample_weight=pd.Series(weights))
    np.testing.assert_allclose(by_name["loss"], expected["loss"], rtol=1e-6)
    assert by_name == trained(classifier, TEXTS, LABELS, 8, class_weight={1: 3, 0: 1})
    with pytest.raises(ValueError, match=r"`class_weight` must have classes of .*got 'good'"):
        classifier.fit(TEXTS, LABELS, class_weight={"good": 2})


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ("a text", TypeError, "`x` must be a list of strings, got str"),
        ({"texts": TEXTS}, TypeError, "`x` must be a list of strings, got dict"),
        (pd.DataFrame({"text": TEXTS}), TypeError, "`x` must be a list of strings, got DataFrame"),
        (3, TypeError, "`x` must be a list of strings, got int"),
        (pd.Series(["a", None]), TypeError, r"`x\[1\]` must be a string, got float nan"),
        (["a", "b"], ValueError, "`y` must have the same number|the same number of rows"),
    ],
)
def test_what_is_no_sequence_of_examples(classifier, x, error, message):
    for job in (classifier.fit, classifier.evaluate):
        with pytest.raises(error, match=message):
            job(x, LABELS)
    with pytest.raises(ValueError, match="`y` must have a label for each row of `x`, got None"):
        classifier.fit(TEXTS)
    with pytest.raises(TypeError, match="epoch"):
        classifier.fit(TEXTS, LABELS, epoch=3)


def test_labels_are_checked_by_name(classifier):
    with pytest.raises(ValueError, match=r"or one of \('negative', 'positive'\).*got 'good'"):
        classifier.fit(TEXTS, ["good"] * 32)
    examples = tf.data.Dataset.from_tensor_slices((TEXTS, ["good"] * 32)).batch(8)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y` must have labels of"):
        classifier.fit(examples, verbose=0)


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, "", " \n", "\0\u200b<br />"])
def test_blank_rows_have_no_answer(classifier, missing):
    texts = pd.Series(["a fine film", missing, "bad"], dtype=object)
    answers = classifier.classify(texts, on_blank="none")
    assert answers[1] is None
    assert [answers[0], answers[2]] == classifier.classify(["a fine film", "bad"])
    with pytest.raises((TypeError, ValueError), match=r"`texts\[1\]` must"):
        classifier.classify(texts)
    assert classifier.classify([missing], on_blank="none") == [None]
    with pytest.raises(TypeError, match=r"`texts\[2\]` must be a string, got int 3"):
        classifier.classify(["a", missing, 3], on_blank="none")
    with pytest.raises(ValueError, match="`on_blank` must be 'error' or 'none', got 'skip'"):
        classifier.classify(texts, on_blank="skip")


def weighted(classifier, source):
    return classifier.evaluate(source, verbose=0, return_dict=True)["loss"]


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_weights_of_batches_are_not_whole_numbers(classifier):
    """Those of the first batch are: of a generator they decide the type of all."""
    parts = [(TEXTS[:8], LABELS[:8], [1] * 8), (TEXTS[8:16], LABELS[8:16], [0.5] * 8)]
    expected = classifier.evaluate(
        TEXTS[:16], LABELS[:16], sample_weight=[1.0] * 8 + [0.5] * 8, verbose=0, batch_size=8
    )
    assert weighted(classifier, (part for part in parts)) == pytest.approx(expected[0])


@pytest.mark.filterwarnings("ignore:Your input ran out of data")
def test_a_generator_that_has_ended_is_an_error(classifier):
    with pytest.raises(Exception, match=r"no batch left after 4.*`steps_per_epoch`"):
        classifier.fit(batches(), epochs=2, verbose=0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sample_weight": dict.fromkeys(range(32), 1.0)}, TypeError, "`sample_weight` must have"),
        ({"sample_weight": [[1.0]] * 32}, TypeError, "`sample_weight` must have one number"),
        ({"sample_weight": 2.0}, TypeError, "`sample_weight` must have one number"),
        ({"class_weight": [1, 2]}, TypeError, "`class_weight` must be a dictionary"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be a positive integer, got 0"),
        ({"y": dict(enumerate(LABELS))}, TypeError, "`y` must be a sequence of labels"),
        ({"y": pd.Series([None, *LABELS[1:]], dtype="Int64")}, ValueError, "`y` must be one int"),
    ],
)
def test_arguments_of_another_kind(classifier, options, error, message):
    with pytest.raises(error, match=message):
        classifier.fit(TEXTS, **{"y": LABELS, "verbose": 0, **options})


def test_tensors_are_rows(classifier):
    texts, names = tf.constant(TEXTS), tf.constant(NAMES)
    kept = classifier.evaluate(TEXTS, NAMES, verbose=0)
    assert classifier.evaluate(texts, names, verbose=0) == pytest.approx(kept)
    assert classifier.evaluate(texts, tf.constant(LABELS), verbose=0) == pytest.approx(kept)
    assert classifier.classify(texts[:2]) == classifier.classify(TEXTS[:2])
    assert trained(classifier, TEXTS, NAMES, validation_split=np.float32(0.25))["val_loss"]
    for x in (batches(), Batches(), pd.DataFrame({"text": TEXTS})):
        with pytest.raises(TypeError, match="`x` must be a list of raw inputs, or a"):
            classifier.predict(x, verbose=0)


@pytest.mark.parametrize("labels", [[1, 0], [1, 2, 3], {0: "neg", 1: "pos"}, "bad", ["a", "a"]])
def test_labels_are_different_strings(classifier, labels):
    with pytest.raises(ValueError, match="`labels` must be a list of two or more different str"):
        apps.SentimentClassifier(classifier.backbone, classifier.preprocessor, labels)


def test_another_tokenizer_is_noticed(classifier):
    before = classifier.preprocessor
    classifier.preprocessor = apps.SentimentPreprocessor(apps.WordTokenizer(["film"]))
    try:
        for use in (
            lambda: classifier.classify(TEXTS),
            lambda: classifier.fit(TEXTS, LABELS),
            lambda: classifier.evaluate(TEXTS, LABELS),
            lambda: classifier.predict(TEXTS),
        ):
            with pytest.raises(ValueError, match="`vocabulary` of the tokenizer must have 6 ids"):
                use()
    finally:
        classifier.preprocessor = before
    with pytest.raises(ValueError, match="`preprocessor` is None"):
        apps.SentimentClassifier(classifier.backbone).classify(TEXTS)
