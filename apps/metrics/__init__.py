"""Metrics for `compile`."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AnswerScores": "apps.metrics.answer_scores",
        "EntityScores": "apps.metrics.entity_scores",
        "TagAccuracy": "apps.metrics.tag_accuracy",
        "translation_scores": "apps.metrics.bleu_and_chrf",
    },
)
