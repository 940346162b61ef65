"""A tag for each word."""

from apps.tagging.answer import Span, TaggedSentence
from apps.tagging.preprocessor import TaggingPreprocessor
from apps.tagging.task import Tagger
from zoo import quiet_keras_hub  # noqa: F401

__all__ = ["Span", "TaggedSentence", "Tagger", "TaggingPreprocessor"]
