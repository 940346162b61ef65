"""Tagger: sentences or words in, tags and entities out; training; saving; bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toys import any_shape

import apps
import zoo
from apps import Span, Tagger, TaggingPreprocessor
from apps.datasets import bucket_by_length
from apps.tagging import word_batches
from tests.toy_data import TRAINING_TAGS, TRAINING_WORDS

HEADS = ["crf", "softmax"]


def examples():
    words, tags = tf.ragged.constant(TRAINING_WORDS), tf.ragged.constant(TRAINING_TAGS)
    return tf.data.Dataset.from_tensor_slices((words, tags))


def dataset(batch_size=8):
    return examples().batch(batch_size)


@pytest.fixture
def trained(make_tagger, models):
    """Gives a tagger of a head that has learnt, and the history of its `fit`.

    It is the same for all tests, which may train on it: its weights are put back after each.
    """

    def give(head="crf"):
        if head not in models:
            keras.utils.set_random_seed(0)
            tagger = make_tagger(head=head, dropout=0.0)
            before = tagger.get_weights()
            tagger.compile(keras.optimizers.Adam(0.05))
            data = dataset().repeat(6)  # in one epoch: each makes its pipelines anew
            history = tagger.fit(data, validation_data=dataset(), verbose=0).history
            any_shape(tagger, tagger.preprocessor(["Ada"]))
            models[head] = tagger, history, before, tagger.get_weights()
        return models[head][:2]

    yield give
    for tagger, _, _, after in models.values():
        tagger.set_weights(after)


@pytest.fixture
def untrained(trained, models):
    """Gives the same tagger as `trained`, with the weights that it had before."""

    def give(head="crf"):
        tagger, _ = trained(head)
        tagger.set_weights(models[head][2])
        return tagger

    return give


@pytest.mark.parametrize("head", HEADS)
def test_a_sentence_alone_and_in_a_padded_batch_give_the_same_answer(make_tagger, head):
    tagger = make_tagger(head=head, network={"depth": 2})
    any_shape(tagger, tagger.preprocessor(["Ada"]))
    sentences = ["Ada met Bob in Paris!", "Bob", "", "met met 😀 Zoë"]
    together = tagger.tag(sentences, return_scores=True)
    for sentence, answer in zip(sentences, together):
        alone = tagger.tag([sentence], return_scores=True)[0]
        np.testing.assert_allclose(alone.scores, answer.scores, atol=1e-6)
        assert alone.tags == answer.tags
    outputs = tagger.predict(sentences, verbose=0)
    assert outputs["tags"].shape == (4, 6)
    np.testing.assert_allclose(
        tagger.predict(["Bob"], verbose=0)["potentials"][0, 0], outputs["potentials"][1, 0], 1e-5
    )


@pytest.mark.parametrize("head", HEADS)
def test_fit_learns_from_words_and_tags(trained, head):
    tagger, history = trained(head)
    assert history["val_f1"][-1] == history["val_accuracy"][-1] == 1.0
    assert {"accuracy", "precision", "recall", "f1", "loss"} < set(history)
    figures = tagger.evaluate(TRAINING_WORDS, TRAINING_TAGS, return_dict=True, verbose=0)
    assert figures["f1"] == 1.0
    answer = tagger.tag(["  Ada met Bob\tin Paris!"])[0]
    assert answer.tokens == ["Ada", "met", "Bob", "in", "Paris", "!"]
    assert answer.tags == ["B-PER", "O", "B-PER", "O", "B-LOC", "O"]
    assert answer.spans[2] == Span("LOC", 17, 22, "Paris")
    assert answer.offsets[1] == (6, 9)


def test_fit_takes_lists_datasets_and_buckets_alike(trained):
    tagger, _ = trained()
    tagger.fit(TRAINING_WORDS, TRAINING_TAGS, batch_size=8, validation_split=0.25, verbose=0)
    buckets = bucket_by_length(examples(), 8)
    whole = tagger.evaluate(dataset(5), return_dict=True, verbose=0)
    parts = tagger.evaluate(buckets, return_dict=True, verbose=0)
    lists = tagger.evaluate(
        TRAINING_WORDS, TRAINING_TAGS, batch_size=8, return_dict=True, verbose=0
    )
    assert whole["accuracy"] == parts["accuracy"] == lists["accuracy"]
    held_out = (TRAINING_WORDS[:5], TRAINING_TAGS[:5])
    history = tagger.fit(*held_out, validation_data=held_out, verbose=0).history
    expected = tagger.evaluate(*held_out, return_dict=True, verbose=0)["accuracy"]
    assert history["val_accuracy"] == [expected]


def test_arrays_of_words_and_tags(trained):
    tagger, _ = trained()
    words, tags = np.array(TRAINING_WORDS), np.array(TRAINING_TAGS)
    tagger.fit(words, tags, verbose=0)
    assert tagger.evaluate(words, tags, verbose=0) == tagger.evaluate(dataset(32), verbose=0)


def test_sentences_without_words_alone(trained):
    tagger, _ = trained()
    tagger.fit([[], []], [[], []], verbose=0)
    assert tagger.evaluate([[]], [[]], return_dict=True, verbose=0)["accuracy"] == 0
    assert tagger.predict([[], []], verbose=0)["tags"].shape == (2, 1)
    assert [answer.tags for answer in tagger.tag(["", " "])] == [[], []]


@pytest.mark.parametrize("head", HEADS)
def test_predict_pads_by_zeros_and_stops(untrained, head):
    tagger = untrained(head)
    outputs = tagger.predict(["Ada met Bob", "Ada"], batch_size=2, verbose=0)
    assert not np.any(outputs["tags"][1, 1:])
    assert not np.any(outputs["potentials"][1, 1:])
    assert np.any(outputs["potentials"][0, 1:])
    endless = tf.data.Dataset.from_tensor_slices(["Ada met", "Bob"]).batch(1).repeat()
    assert tagger.predict(endless, steps=3)["tags"].shape == (3, 2)
    with pytest.raises(ValueError, match="`x` must have at least one batch"):
        tagger.predict(endless.take(0))


def test_tags_that_are_no_entities(make_tagger):
    tagger = make_tagger(["NOUN", "VERB"], head="softmax")
    history = tagger.fit([["Ada", "met"], ["met"]], [["NOUN", "VERB"], ["VERB"]], verbose=0)
    assert set(history.history) == {"accuracy", "loss"}
    assert tagger.tag(["Ada"])[0].spans == []
    assert tagger.monitor == "accuracy"


def test_offsets_are_characters_of_the_text(trained):
    tagger, _ = trained()
    text = "😀 Zoë\u2028met  Ada\x00Bob שלום"
    answer = tagger.tag([text])[0]
    assert [text[start:end] for start, end in answer.offsets] == answer.tokens
    assert answer.tokens == ["😀", "Zoë", "met", "Ada", "Bob", "שלום"]
    assert [span.text for span in answer.spans if span.text in ("Ada", "Bob")] == ["Ada", "Bob"]
    words = tagger.tag([["Ada", "met", "Zoë"]])[0]
    assert [words.text[start:end] for start, end in words.offsets] == ["Ada", "met", "Zoë"]


def test_ready_made_words_and_raw_text_give_the_same_answer(trained):
    tagger, _ = trained()
    raw, words = (
        tagger.tag(["Ada met Bob in Paris !"]),
        tagger.tag([["Ada", "met", "Bob", "in", "Paris", "!"]]),
    )
    assert raw == words


def test_odd_sentences(trained):
    tagger, _ = trained()
    long = ["Ada met"] * 2500
    sentences = [" ".join(long), "", "x" * 10_000, "\u200b \t", "Ada" + "!" * 300]
    answers = tagger.tag(sentences, batch_size=2)
    assert [len(answer.tags) for answer in answers] == [5000, 0, 1, 0, 301]
    assert answers[0].tags[:2] == ["B-PER", "O"]
    assert tagger.tag([[], ["Ada"]])[0].tags == []


@pytest.mark.parametrize("head", HEADS)
def test_scores_are_probabilities(trained, head):
    tagger, _ = trained(head)
    for answer in tagger.tag(["Ada met Bob.", "Paris"], return_scores=True):
        assert all(0.5 < score <= 1.00001 for score in answer.scores)
        assert len(answer.scores) == len(answer.tags)


def test_entities_never_break_the_scheme_with_a_crf(untrained):
    tagger = untrained("crf")
    for answer in tagger.tag(["Ada met Bob in Paris! " * n for n in range(1, 30)]):
        before = "O"
        for tag in answer.tags:
            assert tag[:2] != "I-" or before[2:] == tag[2:]
            before = tag


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([], [], ValueError, "`x` must have at least one text"),
        (
            [["Ada"], "met"],
            [["O"], ["O"]],
            TypeError,
            r"`x\[1\]` must be a list of words as .*got str",
        ),
        ([["Ada", 3]], [["O", "O"]], TypeError, r"`x\[0\]\[1\]` must be a string, got int 3"),
        ([["Ada"], ["met"]], [["O"]], ValueError, "same number of rows, got 2, 1"),
        ([["Ada"], ["met"]], [["O"], ["O", "O"]], ValueError, r"`y\[1\]` must have a tag for each"),
        ([["Ada"], ["met"]], [["O"], ["B-X"]], ValueError, r"`y\[1\]` has the unknown tag 'B-X'"),
        (
            ["Ada met", "Bob"],
            [["O", "O"], ["O", "O"]],
            ValueError,
            r"`y\[1\]` .* 1 words of `x\[1\]`",
        ),
        ([["Ada"]], ["O"], TypeError, r"`y\[0\]` must be a list of tags, got 'O'"),
    ],
)
def test_bad_examples(untrained, x, y, error, message):
    tagger = untrained()
    for job in (tagger.fit, tagger.evaluate):
        with pytest.raises(error, match=message):
            job(x, y, verbose=0)


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        ([["Ada"], ["met", "Bob"]], [["O"], ["O"]], "must have a tag for each word"),
        ([["Ada"]], [["B-X"]], "B-X"),
    ],
)
def test_bad_datasets(untrained, words, tags, message):
    data = tf.data.Dataset.from_tensor_slices((tf.ragged.constant(words), tf.ragged.constant(tags)))
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        untrained().evaluate(data.batch(2), verbose=0)


@pytest.mark.parametrize(
    ("sentences", "error", "message"),
    [
        ("Ada", TypeError, "`sentences` must be a list of strings"),
        ([], ValueError, "`sentences` must have at least one"),
        (["Ada", None], TypeError, r"`sentences\[1\]` must be a string"),
        (["\ud800"], ValueError, r"`sentences\[0\]` is not valid Unicode"),
    ],
)
def test_bad_sentences(untrained, sentences, error, message):
    with pytest.raises(error, match=message):
        untrained().tag(sentences)


def test_bad_arguments(trained, make_tagger):
    tagger, _ = trained()
    examples = TRAINING_WORDS[:2], TRAINING_TAGS[:2]
    for weights in (np.ones((2, 1)), np.ones((2, 3))):
        with pytest.raises(TypeError, match="`sample_weight` must have one number for each"):
            tagger.fit(*examples, sample_weight=weights, verbose=0)
    with pytest.raises(ValueError, match="`class_weight` must be None for a Tagger"):
        tagger.fit(*examples, class_weight={0: 1.0}, verbose=0)
    with pytest.raises(ValueError, match="`loss` must be None for a Tagger, got 'mse'"):
        tagger.compile(loss="mse")
    with pytest.raises(ValueError, match="`weighted_metrics` must be None"):
        tagger.compile(weighted_metrics=["accuracy"])
    with pytest.raises(ValueError, match="`callbacks` must be None"):
        tagger.predict(["Ada"], callbacks=[keras.callbacks.Callback()])
    with pytest.raises(ValueError, match="`preprocessor` is None"):
        Tagger(tagger.backbone, tags=["O", "X"]).tag(["Ada"])
    with pytest.raises(ValueError, match=r"`tags` must all be of entities.*got 'X' beside"):
        Tagger(tagger.backbone, tags=["X", "O", "B-PER"])
    with pytest.raises(ValueError, match="`tags` must be a list of one or more"):
        TaggingPreprocessor(tagger.preprocessor.tokenizer, "OBI")
    with pytest.raises(ValueError, match="`head` must be None without `tags`"):
        Tagger.from_preset("pos_ewt", head="crf")
    with pytest.raises(ValueError, match="must be of a Tagger, got 'sentiment_sst2'"):
        Tagger.from_preset("sentiment_sst2")
    with pytest.raises(ValueError, match="`head` must be one of"):
        make_tagger(head="svm")
    with pytest.raises(ValueError, match="`tags` must be those of the preprocessor"):
        Tagger(tagger.backbone, tagger.preprocessor, ["O"])
    with pytest.raises(ValueError, match="`tags` must be a list of names"):
        Tagger(tagger.backbone)
    with pytest.raises(ValueError, match="`tags` must be a list of one or more different strings"):
        TaggingPreprocessor(tagger.preprocessor.tokenizer, ["O", "O"])
    with pytest.raises(ValueError, match="`word_length` must be an integer >= 4"):
        TaggingPreprocessor(tagger.preprocessor.tokenizer, ["O"], word_length=3)
    with pytest.raises(ValueError, match="`batch_size` must be a positive integer, got 0"):
        tagger.tag(["Ada"], batch_size=0)


@pytest.mark.parametrize("head", HEADS)
def test_presets_keras_files_and_exports_give_the_same_answers(trained, head, tmp_path):
    tagger, _ = trained(head)
    sentences = ["Ada met Bob in Paris!", "", "Zoë"]
    answers = tagger.tag(sentences)
    tagger.save_to_preset(tmp_path / "mine", weights_dtype="float16")
    assert zoo.load(tmp_path / "mine").tag(sentences) == answers
    tagger.save(tmp_path / "mine.keras")
    loaded = keras.saving.load_model(tmp_path / "mine.keras")
    assert loaded.tag(sentences) == answers
    figures = loaded.evaluate(dataset(), return_dict=True, verbose=0)
    assert figures == tagger.evaluate(dataset(), return_dict=True, verbose=0)
    tagger.export(tmp_path / "serve")
    serve = tf.saved_model.load(tmp_path / "serve").signatures["serving_default"]
    served = serve(texts=tf.constant(sentences))
    assert served["tags"].shape == (3, 6)
    for row, answer in enumerate(answers):
        count = len(answer.tokens)
        assert [tag.decode() for tag in served["tags"][row].numpy()[:count]] == answer.tags
        assert not any(served["tags"][row].numpy()[count:])
    text = sentences[0].encode()
    places = zip(*(served[name].numpy()[0].tolist() for name in ("starts", "ends", "tokens")))
    assert all(text[start:end] == token for start, end, token in places)


def test_new_tags_on_a_pretrained_encoder(trained, tmp_path):
    tagger, _ = trained()
    tagger.save_to_preset(tmp_path / "mine")
    other = Tagger.from_preset(tmp_path / "mine", tags=["NOUN", "VERB"])
    for old, new in zip(tagger.backbone.get_weights(), other.backbone.get_weights()):
        np.testing.assert_array_equal(old, new)
    other.fit([["Ada", "met"]], [["NOUN", "VERB"]], verbose=0)
    assert set(other.tag(["Ada met Bob"])[0].tags) <= {"NOUN", "VERB"}
    assert other.head == "softmax"
    assert Tagger.from_preset(tmp_path / "mine", tags=["O", "B-X"]).head == "crf"
    assert Tagger.from_preset(tmp_path / "mine", tags=["O", "B-X"], head="softmax").crf is None


def test_tags_that_a_crf_never_gives_are_warned_of(untrained):
    tagger = untrained()
    with pytest.warns(UserWarning, match=r"1 of 2 examples .* the first is `y\[1\]`"):
        tagger.evaluate([["Ada"], ["Bob", "Ray"]], [["O"], ["O", "I-PER"]], verbose=0)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(trained, policy, tmp_path):
    tagger, _ = trained()
    tagger.save_to_preset(tmp_path / "mine")
    mixed = Tagger.from_preset(tmp_path / "mine", dtype=policy)
    sentences = ["Ada met Bob in Paris!", "Bob"]
    assert [a.tags for a in mixed.tag(sentences)] == [a.tags for a in tagger.tag(sentences)]
    mixed.fit(TRAINING_WORDS, TRAINING_TAGS, verbose=0)


def test_xla(make_tagger, trained):
    tagger, (plain, _) = make_tagger(), trained()
    tagger.compile(jit_compile=True)
    tagger.fit(TRAINING_WORDS, TRAINING_TAGS, batch_size=8, verbose=0)
    compiled = tagger.evaluate(TRAINING_WORDS, TRAINING_TAGS, return_dict=True, verbose=0)
    plain.set_weights(tagger.get_weights())
    expected = plain.evaluate(TRAINING_WORDS, TRAINING_TAGS, return_dict=True, verbose=0)
    assert compiled == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "network",
    [
        {"char_encoder": "rnn", "join": "gate"},
        {"char_encoder": None, "casing_dim": 0},
        {"char_encoder": "cnn", "join": "gate", "casing_dim": 0, "word_dropout": 0.5},
        {"cell": "lstm", "bidirectional": False, "depth": 2, "dropout": 0.2},
    ],
)
def test_every_encoder_works_in_the_app(make_tagger, network, tmp_path):
    """Without graphs: those of all layers are tried in `tests/zoo`."""
    tagger = make_tagger(network=network)
    tagger.compile(run_eagerly=True)
    tagger.fit(TRAINING_WORDS, TRAINING_TAGS, epochs=1, verbose=0)
    tagger.save_to_preset(tmp_path / "mine")
    loaded, sentences = apps.Tagger.from_preset(tmp_path / "mine"), ["Ada met Bob", "in Paris"]
    loaded.compile(run_eagerly=True)
    assert loaded.tag(sentences) == tagger.tag(sentences)


def test_sentences_may_have_weights(untrained):
    tagger = untrained()
    x, y = [["Ada"], ["met"]], [["B-PER"], ["O"]]
    alone = tagger.evaluate(x[:1], y[:1], return_dict=True, verbose=0)["loss"]
    weights = np.array([1.0, 0.0])
    weighted = tagger.evaluate(x, y, sample_weight=weights, return_dict=True, verbose=0)["loss"]
    np.testing.assert_allclose(weighted, alone / 2, 1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_padding_has_no_part_in_the_loss(untrained, head):
    tagger = untrained(head)
    x, y = [["Ada"], ["Bob", "met", "Ada"]], [["B-PER"], ["B-PER", "O", "B-PER"]]
    alone = [
        tagger.evaluate([words], [tags], return_dict=True, verbose=0)["loss"]
        for words, tags in zip(x, y)
    ]
    together = tagger.evaluate(x, y, return_dict=True, verbose=0)["loss"]
    np.testing.assert_allclose(together, (alone[0] + 3 * alone[1]) / 4, 1e-5)  # a mean over words


def test_many_sentences_keep_their_order(untrained, monkeypatch):
    """More than are looked up in one go, raw and as words."""
    monkeypatch.setattr(word_batches, "_SENTENCES_AT_ONCE", 3)
    sentences = [["Ada"] * (n % 4) + [f"Bob{n}"] for n in range(8)]
    tagger = untrained()
    for given in (sentences, [" ".join(words) for words in sentences]):
        answers = tagger.tag(given, batch_size=2)
        assert [answer.tokens for answer in answers] == sentences
        assert [len(answer.tags) for answer in answers] == [len(words) for words in sentences]
