"""Attention to the sentences of a story, hop by hop, and reasoning on what was found."""

import keras
import keras_hub
from keras import ops

from zoo import layers
from zoo.backbones._story import StoryBackbone, embedding_layer, sentence_mask, story_inputs


@keras.saving.register_keras_serializable("zoo")
class WorkingMemoryNetwork(StoryBackbone, keras_hub.models.Backbone):
    """A bidirectional GRU over sentences, attended to in hops, and a relation network.

        x_t    = relu(W_s [sum_i f_i * e(w_ti)])      a sentence's vector from its words
        m      = W_m [forward(x); backward(x)] + x    in the light of those before and after it
        q_0    = relu(W_q [sum_i f'_i * e(w_i)])      the question's
        o_k    = attention_k(q_{k-1}, m)              with several heads
        q_k    = LayerNorm(q_{k-1} + relu(W_k [q_{k-1}; o_k]))
        y      = sum_i sum_j g([o_i; o_j; q_0])       `RelationNetwork` over all hops
        answer = relu(W_y [y; q_K])

    The hops' findings `o` are the working memory, on which the relation network reasons: its cost
    does not grow with the story. The GRU tells the order of sentences.

    Args:
        vocabulary_size: Number `V` of word ids; 0 is padding.
        units: Size `H` of embeddings, sentences, states and `g`.
        hops: Number `K` of hops.
        heads: Number of heads of each.
        sentence_length: Number of places of words that have a vector `f` of their own.
        dropout: Rate of the dropout of words' embeddings and of the answer's state.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `story_ids (B, N, L)`, the words of `N` sentences, and
            `question_ids (B, Q)`, integers, 0 at padding.

    Returns:
        Dictionary of `answer_state` `(B, H)`, and of `attention` `(B, N)`, the weight of each
        sentence, the mean over hops and heads.

    Example:
        >>> backbone = WorkingMemoryNetwork(vocabulary_size=20, units=8, hops=2, heads=2)
        >>> ids = keras.ops.array([[[3, 4], [5, 0]]])
        >>> outputs = backbone({"story_ids": ids, "question_ids": ids[:, 0]})
        >>> tuple(outputs["answer_state"].shape), tuple(outputs["attention"].shape)
        ((1, 8), (1, 2))

    Reference: Pavez et al. 2018, arXiv:1805.09354 (working memory); Xiong et al. 2016,
    arXiv:1603.01417, section 3.1 (the GRU over sentences); Henaff et al. 2017, arXiv:1612.03969,
    section 2.1 (sentences).
    """

    def __init__(
        self,
        vocabulary_size,
        units=128,
        hops=4,
        heads=4,
        *,
        sentence_length=12,
        dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        inputs = story_inputs()
        story, question = inputs["story_ids"], inputs["question_ids"]
        mask = sentence_mask(story)  # (B, N)
        embedding = embedding_layer(
            {"vocabulary_size": vocabulary_size, "embedding_dim": units}, dtype
        )
        drop = keras.layers.Dropout(dropout, dtype=dtype, name="embedding_dropout")

        def encoded(ids, name):
            x = layers.MultiplicativeEncoding(sentence_length, dtype=dtype, name=f"{name}_places")(
                drop(embedding(ids)), mask=ids != 0
            )
            return keras.layers.Dense(units, "relu", dtype=dtype, name=name)(x)

        sentences, query = encoded(story, "sentence"), encoded(question, "question")
        recurrent = layers.GRU(units, return_sequences=True, dtype=dtype, name="recurrent")
        states = layers.Bidirectional(recurrent, dtype=dtype, name="bidirectional")(
            sentences, mask=mask
        )  # (B, N, 2H)
        memory = keras.layers.Dense(units, dtype=dtype, name="memory")(states) + sentences

        q, found, weights = query, [], []
        for hop in range(hops):
            attention = layers.MultiHeadAttention(
                heads, units // heads, dtype=dtype, name=f"attention_{hop}"
            )
            context, weight = attention(q, memory, mask=mask)  # (B, H), (B, K, N)
            joined = ops.concatenate([q, context], axis=-1)
            step = keras.layers.Dense(units, "relu", dtype=dtype, name=f"hop_{hop}")(joined)
            q = keras.layers.LayerNormalization(dtype=dtype, name=f"norm_{hop}")(q + step)
            found.append(context)
            weights.append(weight)
        relation = layers.RelationNetwork(units, dtype=dtype, name="relation")(
            ops.stack(found, axis=1), query
        )
        y = ops.concatenate([relation / hops**2, q], axis=-1)
        y = keras.layers.Dense(units, "relu", dtype=dtype, name="answer")(y)
        y = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")(y)
        super().__init__(
            inputs=inputs,
            outputs={
                "answer_state": y,
                "attention": ops.mean(ops.concatenate(weights, axis=1), axis=1),
            },
            dtype=dtype,
            **kwargs,
        )
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.hops = hops
        self.heads = heads
        self.sentence_length = sentence_length
        self.dropout = dropout

    def get_config(self):
        names = ("vocabulary_size", "units", "hops", "heads", "sentence_length", "dropout")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
