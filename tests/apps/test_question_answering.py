"""QuestionAnswerer on toy stories."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from toys import any_shape

import zoo
from apps.question_answering import QuestionAnswerer
from apps.question_answering.preprocessor import QuestionAnsweringPreprocessor
from apps.question_answering.stories import split_sentences
from apps.text.tokenizers import WordTokenizer
from zoo.backbones import EntityNetwork, StoryGRU, TensorProductNetwork

WORDS = ["mary", "john", "went", "to", "the", "kitchen", "garden", "where", "is", ".", "?"]
STORIES = [
    ["Mary went to the kitchen.", "John went to the garden."],
    ["John went to the kitchen."],
    ["Mary went to the garden.", "Mary went to the kitchen.", "John went to the kitchen."],
]
QUESTIONS = ["Where is John?", "Where is John?", "Where is Mary?"]
ANSWERS = ["garden", "kitchen", "kitchen"]
BACKBONES = {
    "gru": lambda size: StoryGRU(size, 8, 8),
    "entities": lambda size: EntityNetwork(size, 8, 3),
    "tensor product": lambda size: TensorProductNetwork(size, 8, 6, 4, 2, 2),
}


def answerer(kind="tensor product", story_length=3):
    keras.utils.set_random_seed(1)
    tokenizer = WordTokenizer(WORDS)
    preprocessor = QuestionAnsweringPreprocessor(tokenizer, ["garden", "kitchen"], story_length)
    return QuestionAnswerer(BACKBONES[kind](tokenizer.vocabulary_size()), preprocessor)


@pytest.fixture
def trained(models):
    """One that has learnt; tests may train on it: its weights are put back after each."""
    if "trained" not in models:
        task = for_any_stories(answerer())
        task.compile(keras.optimizers.Adam(0.01))
        # All in one epoch: each makes its pipelines anew.
        asked = {"story": STORIES * 60, "question": QUESTIONS * 60}
        task.fit(asked, ANSWERS * 60, batch_size=3, verbose=0)
        models["trained"] = task, task.get_weights()
    task, weights = models["trained"]
    yield task
    task.set_weights(weights)


def for_any_stories(task):
    any_shape(task._reader.model, task.preprocessor.encode([["Mary."]], ["Where?"]))
    return task


@pytest.mark.parametrize("kind", BACKBONES)
def test_alone_and_in_a_padded_batch_the_same_answer(kind):
    task = for_any_stories(answerer(kind))
    together = task.answer(STORIES, QUESTIONS)
    for answer, story, question in zip(together, STORIES, QUESTIONS):
        (alone,) = task.answer([story], [question])
        assert alone.text == answer.text
        assert alone.score == pytest.approx(answer.score, abs=1e-5)
        assert answer.sentences == story
        if kind == "tensor product":
            assert sum(answer.attention) == pytest.approx(1, abs=1e-5)
            assert alone.attention == pytest.approx(answer.attention, abs=1e-5)
        else:
            assert answer.attention is None


def test_it_learns_from_raw_strings(trained):
    task, asked = trained, {"story": STORIES, "question": QUESTIONS}
    assert task.evaluate(asked, ANSWERS, return_dict=True, verbose=0)["accuracy"] == 1
    assert [answer.text for answer in task.answer(STORIES, QUESTIONS)] == ANSWERS
    probabilities = task.predict(asked, verbose=0)
    assert [task.answers[row.argmax()] for row in probabilities] == ANSWERS
    stories = [" ".join(story) for story in STORIES]  # strings are split into sentences
    again = task.predict({"story": stories, "question": QUESTIONS}, verbose=0)
    np.testing.assert_allclose(again, probabilities, atol=1e-6)


def test_fit_and_evaluate_on_a_corpus(trained):
    """Its examples are as those of `apps.datasets.load("babi_1k", "train")`."""
    rows = tf.data.Dataset.from_tensor_slices((tf.ragged.constant(STORIES), QUESTIONS, ANSWERS))
    batches = rows.map(lambda s, q, a: ({"story": s, "question": q}, a)).ragged_batch(2)
    task = trained
    assert np.isfinite(task.fit(batches, epochs=2, verbose=0).history["loss"]).all()
    assert 0 <= task.evaluate(batches, return_dict=True, verbose=0)["accuracy"] <= 1


def test_other_answers_on_a_trained_network(trained, tmp_path):
    task = trained
    task.save_to_preset(tmp_path / "mine")
    moods = QuestionAnswerer.from_preset(str(tmp_path / "mine"), answers=["glad", "sad", "so so"])
    assert moods.preprocessor.answers == moods.answers == ("glad", "sad", "so so")
    for old, new in zip(task.backbone.get_weights(), moods.backbone.get_weights()):
        np.testing.assert_array_equal(old, new)
    asked, answers = {"story": STORIES, "question": QUESTIONS}, ["glad", "sad", "glad"]
    history = moods.fit(asked, answers, validation_data=(asked, answers), verbose=0).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert moods.answer(STORIES[:1], QUESTIONS[:1])[0].text in moods.answers


def test_sentences_are_split_alike_in_python_and_in_the_graph(trained):
    stories = ["Mary is. Is she?  Yes!\r\nNo 3.5 l.\n\n", "One", "A.B. C", " ?! "]
    split = trained.preprocessor.split(tf.constant(stories)).to_list()
    assert [[part.decode() for part in parts] for parts in split] == [
        split_sentences(story) for story in stories
    ]
    assert split_sentences(stories[0]) == ["Mary is.", "Is she?", "Yes!", "No 3.5 l."]


def test_stories_as_strings_and_unknown_words(trained):
    task = trained
    (answer,) = task.answer(["Mary went to the zoo. John is hungry!\nMary?"], ["Where is Mary?"])
    assert answer.sentences == ["Mary went to the zoo.", "John is hungry!", "Mary?"]
    assert answer.unknown_words == ["zoo", "hungry", "!"]


def test_unknown_words_of_the_question_alone(trained):
    task = trained
    known, asked, told = task.answer(
        [STORIES[0], STORIES[0], ["Mary is tired."]],
        ["Where is Mary?", "Where is Sandra?", "Where is Mary?"],
    )
    assert known.unknown_words == []
    assert asked.unknown_words == ["sandra"]
    assert told.unknown_words == ["tired"]


@pytest.mark.parametrize(
    "rows",
    [
        lambda rows: np.array([np.array(row) for row in rows] + [None], object)[:-1],
        lambda rows: np.array([row[:1] for row in rows], np.dtypes.StringDType()),
        lambda rows: pd.Series(rows),
    ],
)
def test_stories_of_numpy_and_pandas(trained, rows):
    stories = rows(STORIES)
    lists = [list(story) for story in stories]
    questions = np.array(QUESTIONS, np.dtypes.StringDType())
    assert trained.answer(stories, questions) == trained.answer(lists, QUESTIONS)
    asked = {"story": stories, "question": questions}
    np.testing.assert_array_equal(
        trained.predict(asked, verbose=0),
        trained.predict({"story": lists, "question": QUESTIONS}, verbose=0),
    )


def test_long_stories_keep_their_end(trained):
    task = trained
    with pytest.warns(UserWarning, match="1 of 2 stories have more than `story_length`=3"):
        answers = task.answer([["Mary is."] * 7 + STORIES[2], STORIES[0]], QUESTIONS[:2])
    assert answers[0].sentences == STORIES[2]


def test_presets(tmp_path):
    task = answerer("entities")
    task.save_to_preset(tmp_path / "mine")
    again = zoo.load(str(tmp_path / "mine"))
    assert again.answer(STORIES, QUESTIONS) == task.answer(STORIES, QUESTIONS)
    assert again.preprocessor.answers == ("garden", "kitchen")


@pytest.mark.parametrize(
    ("stories", "questions", "error", "message"),
    [
        ([STORIES[0]], [], ValueError, "`questions` must have at least one text"),
        ([STORIES[0]], ["a", "b"], ValueError, "must have the same length, got 1 and 2"),
        ([[]], ["Where?"], ValueError, r"`stories\[0\]` must have at least one text"),
        ([" "], ["Where?"], ValueError, r"`stories\[0\]` must have a sentence"),
        ([STORIES[0]], [" "], ValueError, r"`questions\[0\]` must have words"),
        ("Mary is.", ["Where?"], TypeError, "`stories` must be a list"),
    ],
)
def test_bad_input(trained, stories, questions, error, message):
    with pytest.raises(error, match=message):
        trained.answer(stories, questions)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (
            {"story": STORIES},
            ANSWERS,
            r"`x` must have the keys 'story' and 'question', got \['story'",
        ),
        (
            {"story": STORIES, "question": QUESTIONS[:2]},
            ANSWERS,
            r"`x\['story'\]` and `x\['question'",
        ),
        ({"story": STORIES, "question": QUESTIONS}, ["attic"] * 3, r"`y\[0\]` must be one of the"),
        ({"story": STORIES, "question": QUESTIONS}, ANSWERS[:2], "same number of rows"),
    ],
)
def test_bad_training_data(trained, x, y, message):
    with pytest.raises(ValueError, match=message):
        trained.fit({"story": STORIES, **x}, y)


def test_an_unknown_answer_in_training_data(trained):
    with pytest.raises(Exception, match="must be of the answers that the model knows"):
        trained.preprocessor.answer_ids(["attic"])


def test_answers_are_checked(trained):
    for answers in (["one"], ["a", "a"]):
        with pytest.raises(ValueError, match="`answers` must be a list of two or more"):
            QuestionAnsweringPreprocessor(WordTokenizer(WORDS), answers)
    with pytest.raises(ValueError, match="`story_length` must be a positive integer, got 0"):
        answerer(story_length=0)
    assert trained.answers == ("garden", "kitchen")
