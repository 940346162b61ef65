"""Recurrent entity network."""

import keras
import keras_hub
from keras import ops

from zoo import layers
from zoo.backbones._backbone import ConfiguredBackbone, config_of
from zoo.backbones._story import embedding_layer, sentence_mask, story_inputs


@keras.saving.register_keras_serializable("zoo")
class EntityNetwork(ConfiguredBackbone, keras_hub.models.Backbone):
    """Parallel memories that follow what happens to entities, sentence by sentence.

        s_t = sum_i f_i * e(w_ti),   q = sum_i f'_i * e(w_i)     see `MultiplicativeEncoding`
        h_j = what the memories hold after s_1 ... s_T            see `EntityMemoryCell`
        y   = phi(q + (sum_j p_j h_j) H),   p = softmax_j(q . h_j)   see `MemoryHop`

    for the words `w_t` of the sentence `t` and those of the question. `phi`, a parametric ReLU, is
    that of the memories, with the same slopes. Each word has one embedding of the size of the
    memories. Embeddings and `f` are drawn from N(0, 0.1), so that the order of words in a sentence
    counts from the first step, and `f'` are 1. All this, and the biases of the memories, is so in
    the authors' code; without it paths (bAbI's task 19) are learnt by heart, not understood.

    Args:
        vocabulary_size: Number `V` of word ids; 0 is padding.
        units: Size `H` of embeddings and memories.
        slots: Number of memories.
        sentence_length: Number of places of words that have a vector `f` of their own.
        dropout: Rate of the dropout of sentences and question.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `story_ids (B, N, L)`, the words of `N` sentences, and
            `question_ids (B, Q)`, integers, 0 at padding.

    Returns:
        Dictionary of `answer_state`, `y` `(B, H)`, and of `memory_weights`, `p` `(B, slots)`.

    Example:
        >>> backbone = EntityNetwork(vocabulary_size=20, units=8, slots=3)
        >>> ids = keras.ops.array([[[3, 4], [5, 0]]])
        >>> outputs = backbone({"story_ids": ids, "question_ids": ids[:, 0]})
        >>> tuple(outputs["answer_state"].shape), tuple(outputs["memory_weights"].shape)
        ((1, 8), (1, 3))

    Reference: Henaff et al. 2017, arXiv:1612.03969; https://github.com/facebookarchive/MemNN,
    EntNet-babi/entnet.lua.
    """

    def __init__(
        self,
        vocabulary_size,
        units=100,
        slots=20,
        *,
        sentence_length=12,
        dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        config = config_of(EntityNetwork, locals())
        inputs = story_inputs()
        story, question = inputs["story_ids"], inputs["question_ids"]
        normal = keras.initializers.RandomNormal(stddev=0.1)
        embedding = embedding_layer(vocabulary_size, units, dtype, normal)
        drop = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")
        sentences = layers.MultiplicativeEncoding(
            sentence_length, normal.clone(), dtype=dtype, name="sentence_encoding"
        )(embedding(story), mask=story != 0)  # (B, N, H)
        query = layers.MultiplicativeEncoding(
            sentence_length, dtype=dtype, name="question_encoding"
        )(embedding(question), mask=question != 0)  # (B, H)
        memories = _Memories(slots, units, dtype=dtype, name="memories")
        y, weights = memories(drop(sentences), drop(query), mask=sentence_mask(story))
        super().__init__(
            inputs=inputs,
            outputs={"answer_state": y, "memory_weights": weights},
            dtype=dtype,
            **kwargs,
        )
        self.keep(config)
        self.token_embedding = embedding


@keras.saving.register_keras_serializable("zoo")
class _Memories(keras.layers.Layer):
    """Memories that read sentences `(B, N, H)` and are asked once, with `phi` in both.

    One layer, since a copy that is made layer by layer would have slopes of its own in each.
    """

    def __init__(self, slots, units, **kwargs):
        super().__init__(**kwargs)
        options = {"dtype": self.dtype_policy, "trainable": self.trainable}
        self.slots, self.units = slots, units
        self.cell = layers.EntityMemoryCell(slots, units, use_bias=True, name="cell", **options)
        self.reader = keras.layers.RNN(self.cell, name="reader", **options)
        self.supports_masking = self.reader.supports_masking = True
        self.hop = layers.MemoryHop(name="hop", **options)

    def build(self, sentences_shape, query_shape):
        self.reader.build(sentences_shape)
        self.hop.build(query_shape, (None, self.slots, self.units))

    def call(self, sentences, query, mask=None):
        memories = self.reader(sentences, mask=mask)  # (B, slots H)
        memories = ops.reshape(memories, (-1, self.slots, self.units))
        y, weights = self.hop(query, memories)
        return self.cell.activation(y), weights

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        return {**super().get_config(), "slots": self.slots, "units": self.units}
