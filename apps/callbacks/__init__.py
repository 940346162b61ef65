"""Callbacks for `fit`."""

from apps.callbacks.embedding_projector import EmbeddingProjector

__all__ = ["EmbeddingProjector"]
