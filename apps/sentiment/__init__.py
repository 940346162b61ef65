"""Texts to labels."""

from apps.core.answers import Classification
from apps.sentiment.preprocessor import SentimentPreprocessor
from apps.sentiment.task import SentimentClassifier
from zoo import quiet_keras_hub  # noqa: F401

__all__ = ["Classification", "SentimentClassifier", "SentimentPreprocessor"]
