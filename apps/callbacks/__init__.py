"""Callbacks for `fit`."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "AttentionImages": "apps.callbacks.attention_images",
        "EmbeddingProjector": "apps.callbacks.embedding_projector",
        "TranslationQuality": "apps.callbacks.translation_quality",
    },
)
