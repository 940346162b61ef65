"""A story and a question through one recurrent layer: the plain baseline."""

import keras
import keras_hub
from keras import ops

from zoo import layers
from zoo.backbones._backbone import ConfiguredBackbone, config_of
from zoo.backbones._story import embedding_layer, story_inputs


@keras.saving.register_keras_serializable("zoo")
class StoryGRU(ConfiguredBackbone, keras_hub.models.Backbone):
    """Reads all words of a story, then those of the question, with one GRU.

        y = h_T,   h_t = GRU(e(w_t), h_{t-1})

    for the words `w_1 ... w_T` of the story and the question.

    Args:
        vocabulary_size: Number `V` of word ids; 0 is padding.
        embedding_dim: Size `E` of a word's embedding.
        units: Size `H` of the state.
        dropout: Rate of the dropout of embeddings and of the answer's state.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `story_ids (B, N, L)`, the words of `N` sentences, and
            `question_ids (B, Q)`, integers, 0 at padding.

    Returns:
        Dictionary of `answer_state`, `y` `(B, H)`.

    Example:
        >>> backbone = StoryGRU(vocabulary_size=20, embedding_dim=4, units=8)
        >>> ids = keras.ops.array([[[3, 4], [5, 0]]])
        >>> outputs = backbone({"story_ids": ids, "question_ids": ids[:, 0]})
        >>> tuple(outputs["answer_state"].shape)
        (1, 8)

    Reference: Weston et al. 2015, arXiv:1502.05698, section 4 (with an LSTM).
    """

    def __init__(
        self, vocabulary_size, embedding_dim=128, units=128, *, dropout=0.0, dtype=None, **kwargs
    ):
        config = config_of(StoryGRU, locals())
        inputs = story_inputs()
        story, question = inputs["story_ids"], inputs["question_ids"]
        words = keras.layers.Reshape((-1,), name="story_words")(story)  # (B, N L)
        words = ops.concatenate([words, question], axis=1)  # (B, T)
        embedding = embedding_layer(vocabulary_size, embedding_dim, dtype)
        x = embedding(words)  # (B, T, E)
        x = keras.layers.Dropout(dropout, dtype=dtype, name="embedding_dropout")(x)
        x = layers.GRU(units, dtype=dtype, name="recurrent")(x, mask=words != 0)  # (B, H)
        x = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")(x)
        super().__init__(inputs=inputs, outputs={"answer_state": x}, dtype=dtype, **kwargs)
        self.keep(config)
        self.token_embedding = embedding
