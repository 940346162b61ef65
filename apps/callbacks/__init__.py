"""Callbacks for `fit`."""

from apps.callbacks.attention_images import AttentionImages
from apps.callbacks.embedding_projector import EmbeddingProjector
from apps.callbacks.translation_quality import TranslationQuality

__all__ = ["AttentionImages", "EmbeddingProjector", "TranslationQuality"]
