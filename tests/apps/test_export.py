"""Exported models answer raw strings, without this package."""

import json
import subprocess
import sys

import numpy as np
import pytest

import apps
from zoo.backbones import TensorProductNetwork

TEXTS = ["a fine film", "bad !", "", "a , b \x00 😀 " * 20]
ALONE = """
import json, sys
import tensorflow as tf
import tensorflow_text
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
outputs = serve(texts=tf.constant(json.loads(sys.argv[2])))
assert not any(name.split(".")[0] in ("apps", "zoo", "keras_hub") for name in sys.modules)
print(json.dumps([
    [label.decode() for label in outputs["label"].numpy().tolist()],
    outputs["score"].numpy().tolist(),
    outputs["probabilities"].numpy().tolist(),
]))
"""


def test_the_saved_model_gives_the_same_answers_in_another_process(make_classifier, tmp_path):
    classifier = make_classifier(labels=["bad", "fair", "good"])
    classifier.export(tmp_path / "serve")
    command = [sys.executable, "-c", ALONE, str(tmp_path / "serve"), json.dumps(TEXTS)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    labels, scores, probabilities = json.loads(output)
    expected = classifier.predict(TEXTS, verbose=0)
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    np.testing.assert_allclose(scores, expected.max(axis=1), atol=1e-6)
    assert labels == [classifier.labels[index] for index in expected.argmax(axis=1)]


def test_without_a_preprocessor_it_cannot_take_strings(make_classifier, tmp_path):
    classifier = make_classifier()
    classifier.preprocessor = None
    with pytest.raises(ValueError, match="`preprocessor` of the task is None"):
        classifier.export(tmp_path / "serve")


ANSWERER_ALONE = """
import json, sys
import tensorflow as tf
import tensorflow_text
serve = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
stories, questions = map(tf.constant, json.loads(sys.argv[2]))
outputs = {name: tensor.numpy().tolist() for name, tensor in serve(
    stories=stories, questions=questions).items()}
assert not any(name.split(".")[0] in ("apps", "zoo", "keras_hub") for name in sys.modules)
print(json.dumps(outputs, default=bytes.decode))
"""


def test_a_question_answerer_takes_stories_and_questions(tmp_path):
    tokenizer = apps.WordTokenizer(["mary", "is", "here", "."])
    preprocessor = apps.QuestionAnsweringPreprocessor(tokenizer, ["no", "yes"], story_length=2)
    network = TensorProductNetwork(tokenizer.vocabulary_size(), 8, 6, 4, 2, 2)
    answerer = apps.QuestionAnswerer(network, preprocessor)
    answerer.export(tmp_path / "serve")
    stories = ["Gone. Mary is here. Is she?", "Mary is."]  # the first is too long by a sentence
    questions = ["Mary?", "Here?"]
    texts = json.dumps([stories, questions])
    command = [sys.executable, "-c", ANSWERER_ALONE, str(tmp_path / "serve"), texts]
    outputs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    with pytest.warns(UserWarning, match="1 of 2 stories"):
        expected = answerer.answer(stories, questions)
    assert outputs["answer"] == [answer.text for answer in expected]
    assert outputs["sentences"] == [["Mary is here.", "Is she?"], ["Mary is.", ""]]
    np.testing.assert_allclose(outputs["score"], [answer.score for answer in expected], atol=1e-6)
    np.testing.assert_allclose(outputs["attention"][0], expected[0].attention, atol=1e-6)
    assert outputs["attention"][1] == pytest.approx([*expected[1].attention, 0], abs=1e-6)
