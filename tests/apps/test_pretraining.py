"""The language model in both directions: what it reads and what it predicts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from apps.training.pretraining import BidirectionalLanguageModel, windows
from zoo.backbones import RecurrentEncoder

WORDS = np.array([[2, 3, 4, 5, 6]])  # of a window, each once
OTHER = 7


def scored(model, words):
    """The states of the model, and the words that they are to predict."""
    inputs, seen = {"token_ids": keras.ops.array(words)}, []
    model(inputs)  # builds it

    def softmax(hidden, targets, embeddings):
        seen.append((hidden.numpy(), targets.numpy()))
        return keras.ops.zeros(len(targets))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model.sampled_softmax, "call", softmax)
        model(inputs)
    return seen[0]


def test_each_word_is_predicted_from_either_side_without_being_read():
    model = BidirectionalLanguageModel(RecurrentEncoder(8, 4, 3), samples=5)
    before, targets = scored(model, WORDS)
    count = WORDS.shape[1] - 1
    assert targets.tolist() == [3, 4, 5, 6, 2, 3, 4, 5]  # left to right, right to left
    for place, word in enumerate(WORDS[0]):
        after, _ = scored(model, np.where(np.arange(count + 1) == place, OTHER, WORDS))
        changed = np.abs(after - before).max(axis=1) > 1e-7
        assert not np.any(changed[targets == word])
        # A word is read by all that comes after it, and on the way back by all before it.
        assert changed[:count].tolist() == [number >= place for number in range(count)]
        assert changed[count:].tolist() == [number < place for number in range(count)]


def test_an_encoder_of_one_direction_is_refused():
    with pytest.raises(ValueError, match="`encoder` must be bidirectional"):
        BidirectionalLanguageModel(RecurrentEncoder(8, 4, 3, bidirectional=False))


def test_windows_run_over_the_texts(make_classifier):
    """With padding between the texts; what fills no window is dropped."""
    preprocessor = make_classifier().preprocessor  # film a fine bad , !
    texts = tf.data.Dataset.from_tensor_slices(["a fine film", "bad film !"])
    found = [window["token_ids"].numpy().tolist() for window in windows([texts], preprocessor, 3)]
    assert found == [[3, 4, 2], [0, 5, 2]]
