"""What the networks that answer questions on stories share: their inputs and the embeddings."""

import keras
from keras import ops

from zoo import preset_files
from zoo.presets import FromPreset


def story_inputs():
    """The inputs by name."""
    return {
        "story_ids": keras.Input((None, None), dtype="int32", name="story_ids"),  # (B, N, L)
        "question_ids": keras.Input((None,), dtype="int32", name="question_ids"),  # (B, Q)
    }


def embedding_layer(config, dtype):
    return keras.layers.Embedding(
        config["vocabulary_size"], config["embedding_dim"], dtype=dtype, name="token_embedding"
    )


def sentence_mask(story_ids):
    """Which sentences have words: `(B, N)` for ids `(B, N, L)`, 0 at padding."""
    return ops.any(story_ids != 0, axis=-1)


class StoryBackbone(FromPreset):
    """Mixin: what makes a story network's presets."""

    def load_weights(self, filepath, **kwargs):
        """As `keras.Model.load_weights`; a file of another network is a `ValueError`."""
        with preset_files.clear_weight_errors(filepath):
            super().load_weights(filepath, **kwargs)
            if str(filepath).endswith(".h5"):
                preset_files.check_count(filepath, self)
