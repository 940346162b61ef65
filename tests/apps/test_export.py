"""Exported models answer raw strings, without this package."""

import numpy as np
import pytest

import apps
from tests.apps.saved_models import serve
from tests.processes import forked
from zoo.backbones import TensorProductNetwork

TEXTS = ["a fine film", "bad !", "", "a , b \x00 😀 " * 20]


def test_the_saved_model_gives_the_same_answers_in_another_process(make_classifier, tmp_path):
    classifier = make_classifier(labels=["bad", "fair", "good"])
    classifier.export(tmp_path / "serve")
    (served,) = forked(serve, tmp_path / "serve", {"texts": TEXTS})
    expected = classifier.predict(TEXTS, verbose=0)
    np.testing.assert_allclose(served["probabilities"], expected, atol=1e-6)
    np.testing.assert_allclose(served["score"], expected.max(axis=1), atol=1e-6)
    assert served["label"] == [classifier.labels[index] for index in expected.argmax(axis=1)]


def test_without_a_preprocessor_it_cannot_take_strings(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.preprocessor = None
    with pytest.raises(ValueError, match="`preprocessor` of the task is None"):
        classifier.export(tmp_path / "serve")


def test_a_question_answerer_takes_stories_and_questions(tmp_path):
    tokenizer = apps.WordTokenizer(["mary", "is", "here", "."])
    preprocessor = apps.QuestionAnsweringPreprocessor(tokenizer, ["no", "yes"], story_length=2)
    network = TensorProductNetwork(tokenizer.vocabulary_size(), 8, 6, 4, 2, 2)
    answerer = apps.QuestionAnswerer(network, preprocessor)
    answerer.export(tmp_path / "serve")
    stories = ["Gone. Mary is here. Is she?", "Mary is."]  # the first is too long by a sentence
    questions = ["Mary?", "Here?"]
    call = {"stories": stories, "questions": questions}
    (outputs,) = forked(serve, tmp_path / "serve", call)
    with pytest.warns(UserWarning, match="1 of 2 stories"):
        expected = answerer.answer(stories, questions)
    assert outputs["answer"] == [answer.text for answer in expected]
    assert outputs["sentences"] == [["Mary is here.", "Is she?"], ["Mary is.", ""]]
    np.testing.assert_allclose(outputs["score"], [answer.score for answer in expected], atol=1e-6)
    np.testing.assert_allclose(outputs["attention"][0], expected[0].attention, atol=1e-6)
    assert outputs["attention"][1] == pytest.approx([*expected[1].attention, 0], abs=1e-6)
