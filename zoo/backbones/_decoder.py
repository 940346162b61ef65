"""The parts of a sequence-to-sequence network that come after its encoder."""

import keras
from keras import ops

from zoo import layers
from zoo.backbones.recurrent_encoder import CELLS
from zoo.layers.attention_decoder import single_step

CELL_CLASSES = {
    "gru": layers.GRUCell,
    "lstm": layers.LSTMCell,
    "peephole_lstm": layers.PeepholeLSTMCell,
    "simple_rnn": layers.SimpleRNNCell,
}
CONDITIONINGS = ("last_state", "every_step", "attention")


def _additive(units, window, heads, **kwargs):
    return layers.AdditiveAttention(units, **kwargs)


def _multiplicative(score):
    return lambda units, window, heads, **kwargs: layers.MultiplicativeAttention(score, **kwargs)


def _local(mode):
    return lambda units, window, heads, **kwargs: layers.LocalAttention(
        window, mode=mode, units=units, **kwargs
    )


def _hard(units, window, heads, **kwargs):
    return layers.HardAttention(units, **kwargs)


def _multi_head(units, window, heads, **kwargs):
    return layers.MultiHeadAttention(heads, units, **kwargs)


ATTENTIONS = {
    "additive": _additive,
    "dot": _multiplicative("dot"),
    "general": _multiplicative("general"),
    "concat": _multiplicative("concat"),
    "local_monotonic": _local("monotonic"),
    "local_predictive": _local("predictive"),
    "hard": _hard,
    "multi_head": _multi_head,
}


def states_each(config):
    """Number of states of a layer."""
    return 2 if "lstm" in config["cell"] else 1


class Bridge(keras.layers.Layer):
    """The decoder's first states, and its context, from the states of the encoder.

    See `Seq2Seq`. Returns a dictionary of `states`, a flat list of tensors `(B, H)`, and, where
    there is one, of `context`, a tensor `(B, H)`.
    """

    def __init__(self, config, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        options = {"activation": "tanh", "dtype": self.dtype_policy}
        self.pooling = layers.LastPooling(
            bidirectional=config["encoder_bidirectional"], dtype=self.dtype_policy
        )
        count = config["decoder_depth"] * states_each(config)
        self.denses = [
            keras.layers.Dense(config["units"], name=f"state_{index}", **options)
            for index in range(count)
        ]
        self.context = None
        if config["conditioning"] == "every_step":
            self.context = keras.layers.Dense(config["units"], name="context", **options)

    def build(self, memory_shape):
        shape = (memory_shape[0], memory_shape[-1])
        for dense in [*self.denses, *([self.context] if self.context else [])]:
            dense.build(shape)

    def call(self, memory, mask=None):
        last = self.pooling(memory, mask=mask)  # (B, 2H'), or (B, H')
        first = {"states": [dense(last) for dense in self.denses]}
        return {**first, "context": self.context(last)} if self.context else first

    def compute_mask(self, *args, **kwargs):
        return None


class Decoder(keras.layers.Layer):
    """Target ids to what predicts the next ones; see `Seq2Seq` for the equations.

    Call arguments:
        ids: Integer tensor `(B, T)`.
        memory: The encoder's states `(B, S, 2H')`.
        states: Flat list of states, from `Bridge` or from a call before.
        context: The context `(B, H)` of `"every_step"`.
        mask: Boolean tensor `(B, S)`.
        keys: The attention's keys of the memory, from `project`; computed here without it.
        step: Number of the first step.

    Returns:
        Dictionary of `sequence_output`, `o` `(B, T, E)`; of `logits` `(B, T, V)`, in float32 at
        least; of `attention`, its weights, where there is one; and of `states`, the flat list of
        the last ones.
    """

    def __init__(self, config, shared_embedding, **kwargs):
        super().__init__(**kwargs)
        self.shared_embedding = shared_embedding is not None
        self.supports_masking = True
        policy, self.config = self.dtype_policy, config
        self.token_embedding = shared_embedding or keras.layers.ReversibleEmbedding(
            config["vocabulary_size"],
            config["embedding_dim"],
            tie_weights=config["tied_embeddings"] != "none",
            dtype=policy,
            name="token_embedding",
        )
        self.word_dropout = layers.WordDropout(config["word_dropout"], name="word_dropout")
        self.embedding_dropout = keras.layers.Dropout(config["embedding_dropout"], dtype=policy)
        self.attends = config["conditioning"] == "attention"
        self.recurrent_layers = [
            CELLS[config["cell"]](
                config["units"],
                return_sequences=True,
                return_state=True,
                recurrent_dropout=config["recurrent_dropout"],
                dtype=policy,
                name=f"recurrent_{index}",
            )
            for index in range(config["decoder_depth"] - self.attends)
        ]
        self.dropouts = [
            keras.layers.Dropout(config["dropout"], dtype=policy)
            for _ in range(config["decoder_depth"])  # between layers, and of `o`
        ]
        self.states_each = states_each(config)
        self.attention_decoder = _attention_decoder(config, policy) if self.attends else None
        self.readout = None
        if self.recurrent_layers:
            self.readout = keras.layers.Dense(
                config["embedding_dim"], activation="tanh", dtype=policy, name="readout"
            )

    def build(self, ids_shape, memory_shape, *args, **kwargs):
        config = self.config
        if not self.token_embedding.built:
            self.token_embedding.build()
        if self.attends:
            self.attention_decoder.build((None, None, config["embedding_dim"]), memory_shape)
        extra = config["units"] if config["conditioning"] == "every_step" else 0
        width = below = config["embedding_dim"] + extra
        for layer in self.recurrent_layers:
            layer.build((None, None, width))
            width = config["units"]
        if self.readout is not None:
            self.readout.build((None, None, width + below))

    def project(self, memory):
        return self.attention_decoder.project(memory)

    def call(self, ids, memory, states, context=None, mask=None, keys=None, step=0):
        x = self.embedding_dropout(self.token_embedding(self.word_dropout(ids)))  # (B, T, E)
        if context is not None:
            context = ops.repeat(context[:, None], ops.shape(x)[1], axis=1)  # (B, T, H)
            x = ops.concatenate([x, context], axis=-1)
        above = len(self.recurrent_layers) * self.states_each
        results = {}
        if self.attends:
            x, results["attention"], own = self.attention_decoder(
                x, memory, initial_state=states[above:], mask=mask, keys=keys, step=step
            )
        below, last, between = x, [], iter(self.dropouts)
        for index, layer in enumerate(self.recurrent_layers):
            first = index * self.states_each
            if self.attends or index:
                x = next(between)(x)
            own_states = list(states[first : first + self.states_each])
            x, *layer_states = _run(layer, x, own_states)
            last += layer_states
        if self.readout is not None:
            x = self.readout(ops.concatenate([x, below], axis=-1))  # (B, T, E)
        results["sequence_output"] = x = self.dropouts[-1](x)
        logits = self.token_embedding(x, reverse=True)
        dtype = keras.backend.result_type(logits.dtype, "float32")
        results["logits"] = ops.cast(logits, dtype)
        return {**results, "states": [*last, *own] if self.attends else last}

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        """For copies of a `Seq2Seq` that are made layer by layer."""
        if self.shared_embedding:
            raise NotImplementedError(
                "A Seq2Seq with `tied_embeddings='all'` cannot be copied layer by layer, since two "
                "layers share the embeddings. Copy it with `from_config(network.get_config())`."
            )
        return {**super().get_config(), "config": self.config, "shared_embedding": None}


def _attention_decoder(config, policy):
    attention = ATTENTIONS[config["attention"]](
        config["attention_units"] or config["units"],
        config["attention_window"],
        config["attention_heads"],
        dtype=policy,
        name="attention",
    )
    cell = CELL_CLASSES[config["cell"]](
        config["units"], recurrent_dropout=config["recurrent_dropout"], dtype=policy, name="cell"
    )
    return layers.AttentionDecoder(
        cell,
        attention,
        config["embedding_dim"],
        input_feeding=config["input_feeding"],
        dtype=policy,
        name="attention_decoder",
    )


def _run(layer, x, states):
    """Outputs `(B, T, H)` and last states; of a single step without a loop."""
    if x.shape[1] != 1:
        return layer(x, initial_state=states)
    output, states = single_step(layer.cell, x, states)
    return output, *states
