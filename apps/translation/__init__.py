"""Texts in another language."""

from apps.translation.preprocessor import TranslationPreprocessor
from apps.translation.task import Translation, Translator
from zoo import quiet_keras_hub  # noqa: F401

__all__ = ["Translation", "TranslationPreprocessor", "Translator"]
