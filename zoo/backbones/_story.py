"""What the networks that answer questions on stories share: their inputs and the embeddings."""

import keras
from keras import ops


def story_inputs():
    """The inputs by name."""
    return {
        "story_ids": keras.Input((None, None), dtype="int32", name="story_ids"),  # (B, N, L)
        "question_ids": keras.Input((None,), dtype="int32", name="question_ids"),  # (B, Q)
    }


def embedding_layer(vocabulary_size, embedding_dim, dtype, initializer="uniform"):
    return keras.layers.Embedding(
        vocabulary_size, embedding_dim, initializer, dtype=dtype, name="token_embedding"
    )


def sentence_mask(story_ids):
    """Which sentences have words: `(B, N)` for ids `(B, N, L)`, 0 at padding."""
    return ops.any(story_ids != 0, axis=-1)
