"""Entities and relations of sentences, kept in a tensor product memory."""

import keras
import keras_hub
from keras import ops

from zoo import layers
from zoo.backbones._backbone import ConfiguredBackbone, config_of
from zoo.backbones._story import embedding_layer, sentence_mask, story_inputs
from zoo.layers.tensor_product_memory import unit_length


@keras.saving.register_keras_serializable("zoo")
class TensorProductNetwork(ConfiguredBackbone, keras_hub.models.Backbone):
    """Reads sentences as relations of entities, remembers them, and follows chains of them.

        s     = sum_i f_i * e(w_i),   h = tanh(W s + b)          see `MultiplicativeEncoding`
        e, f  = slots(w) + W_e h     entities: words, and what the sentence adds; `SlotPooling`
        r, g  = W_r h,  sigmoid(W_g h)                           relations and gates
        o     = chains of lookups, `H` for a question            see `TensorProductMemory`
        y     = relu(W_y [LayerNorm(o); products of all pairs of o and goals; the question's s])

    The question has slots, `W`, `b` and sums `s` of its own: two entities for each chain, where it
    starts and a goal, and the relations that it follows. The products tell whether chains met each
    other or a goal.

    Args:
        vocabulary_size: Number `V` of word ids; 0 is padding.
        units: Size of embeddings, of `h` and of the answer's state `y`.
        entity_dim: Size `E` of entities.
        relation_dim: Size `R` of relations.
        hops: Number `K` of lookups of a chain.
        chains: Number `H` of chains.
        sentence_length: Number of places of words that are told apart.
        gate_bias: What the bias of the gates starts from. At 0 they are half open; at 3 they are
            open to 95%, close to the memory without gates. A gate that closes early is hard to open
            again.
        dropout: Rate of the dropout of words' embeddings and of the answer's state.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `story_ids (B, N, L)`, the words of `N` sentences, and
            `question_ids (B, Q)`, integers, 0 at padding.

    Returns:
        Dictionary of `answer_state` `(B, units)`, and of `attention` `(B, N)`, the share of each
        sentence in what was found.

    Example:
        >>> backbone = TensorProductNetwork(vocabulary_size=20, units=8, entity_dim=6)
        >>> ids = keras.ops.array([[[3, 4], [5, 0]]])
        >>> outputs = backbone({"story_ids": ids, "question_ids": ids[:, 0]})
        >>> tuple(outputs["answer_state"].shape), tuple(outputs["attention"].shape)
        ((1, 8), (1, 2))

    Reference: Schlag and Schmidhuber 2018, arXiv:1811.12143 (TPR-RNN). Slots, gates, several chains
    and products of what they find are this package's own.
    """

    def __init__(
        self,
        vocabulary_size,
        units=128,
        entity_dim=64,
        relation_dim=32,
        hops=3,
        chains=4,
        *,
        sentence_length=12,
        gate_bias=0.0,
        dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        config = config_of(TensorProductNetwork, locals())
        inputs = story_inputs()
        story, question = inputs["story_ids"], inputs["question_ids"]
        embedding = embedding_layer(vocabulary_size, units, dtype)
        values = keras.layers.Dense(entity_dim, use_bias=False, dtype=dtype, name="values")
        drop = keras.layers.Dropout(dropout, dtype=dtype, name="embedding_dropout")

        def dense(size, name, activation=None, **options):
            return keras.layers.Dense(size, activation, dtype=dtype, name=name, **options)

        def split(tensor, parts, name):
            """`(..., parts size)` to `(..., parts, size)`."""
            lead = (-1,) if len(tensor.shape) == 3 else ()
            shape = (*lead, parts, tensor.shape[-1] // parts)
            return keras.layers.Reshape(shape, dtype=dtype, name=f"split_{name}")(tensor)

        def read(ids, slots, name):
            """The sum of the words, its `h`, and the entities of all slots."""
            x, mask = drop(embedding(ids)), ids != 0
            encoding = layers.MultiplicativeEncoding(
                sentence_length,
                initializer=keras.initializers.RandomNormal(1.0, 1.0),
                dtype=dtype,
                name=f"{name}_places",
            )
            s = encoding(x, mask=mask)
            h = dense(units, f"{name}_hidden", "tanh")(s)
            pooling = layers.SlotPooling(slots, sentence_length, dtype=dtype, name=f"{name}_slots")
            added = dense(slots * entity_dim, f"{name}_entities")(h)
            entities = pooling(x, s, values(x), mask=mask) + split(added, slots, name)
            return s, h, entities

        _, h, entities = read(story, 2, "sentence")
        relations = dense(3 * relation_dim, "sentence_relations")(h)
        bias = keras.initializers.Constant(gate_bias)
        gates = dense(6, "gates", "sigmoid", bias_initializer=bias)(h)
        asked, h, slots = read(question, 2 * chains, "question")
        steps = dense(chains * hops * relation_dim, "question_relations")(h)
        steps = keras.layers.Reshape((chains, hops, relation_dim), dtype=dtype, name="steps")(steps)

        memory = layers.TensorProductMemory(hops, dtype=dtype, name="memory")
        found, normalised, weights = memory(
            entities,
            split(relations, 3, "relations"),
            gates,
            slots[:, :chains],
            steps,
            mask=sentence_mask(story),
        )
        found = keras.layers.Reshape((hops * chains, entity_dim), dtype=dtype, name="found")(found)
        compared = ops.concatenate([unit_length(slots[:, chains:]), found], axis=1)
        products = ops.matmul(compared, ops.transpose(compared, (0, 2, 1)))
        flat = keras.layers.Flatten(dtype=dtype)
        y = ops.concatenate([flat(normalised), flat(products), asked], axis=-1)
        y = dense(units, "answer", "relu")(y)
        y = keras.layers.Dropout(dropout, dtype=dtype, name="dropout")(y)
        super().__init__(
            inputs=inputs,
            outputs={"answer_state": y, "attention": weights},
            dtype=dtype,
            **kwargs,
        )
        self.keep(config)
        self.token_embedding = embedding
