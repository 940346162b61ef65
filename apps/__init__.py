"""Ready-made apps: raw text in, answers out."""

import importlib

# TensorFlow is imported with the first of these names, so that `seqzoo --help` need not wait.
_PLACES = {
    "Answer": "apps.question_answering",
    "Classification": "apps.sentiment",
    "QuestionAnswerer": "apps.question_answering",
    "QuestionAnsweringPreprocessor": "apps.question_answering_preprocessor",
    "SentimentClassifier": "apps.sentiment",
    "SentimentPreprocessor": "apps.sentiment",
    "Span": "apps.tagged_sentence",
    "TaggedSentence": "apps.tagged_sentence",
    "SmoothedCrossentropy": "apps.losses",
    "SubwordTokenizer": "apps.subword_tokenizer",
    "Tagger": "apps.tagging",
    "TaggingPreprocessor": "apps.tagging_preprocessor",
    "Translation": "apps.translation",
    "TranslationPreprocessor": "apps.translation_preprocessor",
    "Translator": "apps.translation",
    "WordTokenizer": "apps.tokenizers",
    "learn_subwords": "apps.subword_tokenizer",
    "learn_vocabulary": "apps.tokenizers",
    "to_iob2": "apps.spans",
}

__all__ = list(_PLACES)


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module 'apps' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__():
    return sorted([*globals(), *_PLACES])
