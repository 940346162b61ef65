"""Questions on stories."""

from apps.question_answering.preprocessor import QuestionAnsweringPreprocessor
from apps.question_answering.task import Answer, QuestionAnswerer
from zoo import quiet_keras_hub  # noqa: F401

__all__ = ["Answer", "QuestionAnswerer", "QuestionAnsweringPreprocessor"]
