"""Callbacks for `fit`."""

from apps import registry
from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "EmbeddingProjector": "apps.callbacks.embedding_projector",
        **registry.exports(__name__),
    },
)
