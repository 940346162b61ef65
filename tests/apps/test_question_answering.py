"""QuestionAnswerer on toy stories."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from apps.question_answering import QuestionAnswerer
from apps.question_answering_preprocessor import QuestionAnsweringPreprocessor
from apps.tokenizers import WordTokenizer
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


@pytest.mark.parametrize("kind", BACKBONES)
def test_alone_and_in_a_padded_batch_the_same_answer(kind):
    task = answerer(kind)
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


def test_it_learns():
    task = answerer()
    inputs = task.preprocessor.encode(STORIES, QUESTIONS)
    labels = task.preprocessor.answer_ids(ANSWERS)
    encoded = QuestionAnswerer(task.backbone, answers=task.answers)
    encoded.compile(keras.optimizers.Adam(0.01))
    encoded.fit(inputs, labels, epochs=60, shuffle=False, verbose=0)
    task.set_weights(encoded.get_weights())
    assert [answer.text for answer in task.answer(STORIES, QUESTIONS)] == ANSWERS


def test_fit_and_evaluate_on_a_corpus():
    """Its examples are as those of `apps.datasets.load("babi_1k", "train")`."""
    rows = tf.data.Dataset.from_tensor_slices((tf.ragged.constant(STORIES), QUESTIONS, ANSWERS))
    batches = rows.map(lambda s, q, a: ({"story": s, "question": q}, a)).ragged_batch(2)
    task = answerer()
    assert np.isfinite(task.fit(batches, epochs=2, verbose=0).history["loss"]).all()
    assert 0 <= task.evaluate(batches, return_dict=True, verbose=0)["accuracy"] <= 1


def test_stories_as_strings_and_unknown_words():
    task = answerer()
    (answer,) = task.answer(["Mary went to the zoo. John is hungry!\nMary?"], ["Where is Mary?"])
    assert answer.sentences == ["Mary went to the zoo.", "John is hungry!", "Mary?"]
    assert answer.unknown_words == ["zoo", "hungry", "!"]


def test_long_stories_keep_their_end():
    task = answerer()
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
def test_bad_input(stories, questions, error, message):
    with pytest.raises(error, match=message):
        answerer().answer(stories, questions)


def test_an_unknown_answer_in_training_data():
    with pytest.raises(Exception, match="must be of the answers that the model knows"):
        answerer().preprocessor.answer_ids(["attic"])


def test_answers_are_checked():
    for answers in (["one"], ["a", "a"]):
        with pytest.raises(ValueError, match="`answers` must be two or more different names"):
            QuestionAnsweringPreprocessor(WordTokenizer(WORDS), answers)
    with pytest.raises(ValueError, match="`story_length` must be a positive integer, got 0"):
        answerer(story_length=0)
    assert answerer().answers == ("garden", "kitchen")
