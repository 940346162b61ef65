"""What the tests share: quiet TensorFlow, seeds, a small classifier."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

TRAINING_TEXTS = ["a fine film", "a bad film", "fine , fine film !", "bad , bad film !"] * 8
TRAINING_LABELS = [1, 0, 1, 0] * 8


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture
def make_classifier():
    """Makes a small, untrained classifier."""
    import apps
    from zoo.backbones import RecurrentEncoder

    def make(sequence_length=8, network=None, **kwargs):
        tokenizer = apps.WordTokenizer(["film", "a", "fine", "bad", ",", "!"])
        preprocessor = apps.SentimentPreprocessor(tokenizer, sequence_length)
        encoder = RecurrentEncoder(tokenizer.vocabulary_size(), 8, 4, **(network or {}))
        return apps.SentimentClassifier(encoder, preprocessor, **kwargs)

    return make
