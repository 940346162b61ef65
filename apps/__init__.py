"""Ready-made apps: raw text in, answers out."""

from apps.sentiment import Classification, SentimentClassifier, SentimentPreprocessor
from apps.tokenizers import WordTokenizer, learn_vocabulary

__all__ = [
    "Classification",
    "SentimentClassifier",
    "SentimentPreprocessor",
    "WordTokenizer",
    "learn_vocabulary",
]
