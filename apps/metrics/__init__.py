"""Metrics for `compile`."""

from apps.metrics.entity_scores import EntityScores
from apps.metrics.tag_accuracy import TagAccuracy

__all__ = ["EntityScores", "TagAccuracy"]
