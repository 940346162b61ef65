"""Metrics for `compile`."""

from apps.metrics.answer_scores import AnswerScores
from apps.metrics.entity_scores import EntityScores
from apps.metrics.tag_accuracy import TagAccuracy
from apps.metrics.translation_scores import translation_scores

__all__ = ["AnswerScores", "EntityScores", "TagAccuracy", "translation_scores"]
