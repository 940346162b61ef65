"""Words to states: word vectors and a stack of recurrent layers."""

import keras
import keras_hub

from zoo import layers
from zoo.backbones._backbone import ConfiguredBackbone, config_of
from zoo.backbones._word_vectors import encoder_inputs, word_vectors
from zoo.layers._checks import check_boolean, check_positive, check_rate

CELLS = {
    "gru": layers.GRU,
    "lstm": layers.LSTM,
    "peephole_lstm": layers.PeepholeLSTM,
    "simple_rnn": layers.SimpleRNN,
}
RATES = ("word_dropout", "embedding_dropout", "dropout", "recurrent_dropout")


@keras.saving.register_keras_serializable("zoo")
class RecurrentEncoder(ConfiguredBackbone, keras_hub.models.Backbone):
    """Word vectors, then a stack of (bidirectional) recurrent layers.

        w_t   = e(x_t)                            a word's embedding
        v_t   = [w_t; c_t; k_t]                   with its characters' vector and its casing's
        s^0_t = dropout(v_t)
        s^1_t = [forward(s^0)_t; backward(s^0)_t]
        s^i_t = s^{i-1}_t + [forward(d)_t; backward(d)_t],  d = dropout(s^{i-1}),  i >= 2

    Characters and casing are there if `char_encoder` and `casing_dim` say so. With
    `join="gate"` an `EmbeddingGate` adds `w_t` and `c_t`. Without `residual` the sum in the last
    line has its second term alone.

    Args:
        vocabulary_size: Number `V` of token ids; 0 is padding, 1 an unknown word.
        embedding_dim: Size `E` of a word embedding.
        units: Size `H` of the state of one direction.
        depth: Number of recurrent layers.
        cell: `"gru"`, `"lstm"`, `"peephole_lstm"` or `"simple_rnn"`.
        bidirectional: Whether each layer also runs from right to left.
        residual: Whether layers from the second on add to their input.
        char_encoder: `"cnn"` for a `CharCNN`, `"rnn"` for a `CharRNN`, or `None`.
        char_vocabulary_size: Number of character ids; 0 is padding.
        char_embedding_dim: Size of a character's embedding.
        char_units: Size `C` of the vector of a word's characters; even for `"rnn"`.
        join: `"concatenate"` or `"gate"`, how words and characters come together.
        casing_size: Number of casing ids, such as that of capitalised words; 0 is padding.
        casing_dim: Size of a casing's embedding; 0 for no such input.
        reversible: Whether `token_embedding` also turns vectors into logits of words, as
            `keras.layers.ReversibleEmbedding` does.
        word_dropout: Rate at which words become unknown ones, but for characters and casing.
        embedding_dropout: Rate at which values of `v` are dropped.
        dropout: Rate of the dropout between recurrent layers.
        recurrent_dropout: Rate of the dropout of the recurrent input, one mask a sequence.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `token_ids`, an integer tensor `(B, T)`, and
            `padding_mask`, a boolean tensor `(B, T)`, true for words; with characters
            `char_ids (B, T, L)`, with casing `casing_ids (B, T)`, integers. Padding is on
            the right, and each row has at least one word.

    Returns:
        Dictionary of `sequence_output`, the states `(B, T, 2H)` (`H` where not
        bidirectional), zero at padding, and `padding_mask`, as it came.

    Errors:
        ValueError: If `cell`, `char_encoder` or `join` is unknown, or `depth` is not positive.

    Example:
        >>> encoder = RecurrentEncoder(vocabulary_size=100, embedding_dim=8, units=4)
        >>> ids = keras.ops.array([[3, 2, 0]])
        >>> outputs = encoder({"token_ids": ids, "padding_mask": ids != 0})
        >>> tuple(outputs["sequence_output"].shape)
        (1, 3, 8)

    Reference: Schuster and Paliwal 1997 (bidirectional); Graves et al. 2013,
    arXiv:1303.5778, section 3 (stacked); Wu et al. 2016, arXiv:1609.08144, section 3.1 (residual);
    Ma and Hovy 2016, arXiv:1603.01354 (characters); Huang et al. 2015, arXiv:1508.01991,
    section 3.3 (casing).
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_dim=128,
        units=128,
        depth=1,
        *,
        cell="gru",
        bidirectional=True,
        residual=True,
        char_encoder=None,
        char_vocabulary_size=256,
        char_embedding_dim=32,
        char_units=64,
        join="concatenate",
        casing_size=8,
        casing_dim=0,
        reversible=False,
        word_dropout=0.0,
        embedding_dropout=0.0,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        config = config_of(RecurrentEncoder, locals())
        check_config(config)
        inputs = encoder_inputs(config)
        embedding, x = word_vectors(inputs, config, dtype)  # (B, T, E')
        mask = inputs["padding_mask"]
        x = keras.layers.Dropout(embedding_dropout, dtype=dtype, name="embedding_dropout")(x)
        recurrent_layers = [recurrent_layer(index, config, dtype) for index in range(depth)]
        x = recurrent_layers[0](x, mask=mask)  # (B, T, 2H)
        for index, layer in enumerate(recurrent_layers[1:], start=1):
            below = x
            x = keras.layers.Dropout(dropout, dtype=dtype, name=f"dropout_{index}")(x)
            x = layer(x, mask=mask)  # (B, T, 2H)
            if residual:
                x = keras.layers.Add(dtype=dtype, name=f"residual_{index}")([below, x])

        super().__init__(
            inputs=inputs,
            outputs={"sequence_output": x, "padding_mask": mask},
            dtype=dtype,
            **kwargs,
        )
        self.token_embedding = embedding
        self.recurrent_layers = recurrent_layers
        self.keep(config)

    def word_vector_model(self):
        """The part of the network that ends with the word vectors, before their dropout.

        Its inputs are those of the encoder, without `padding_mask`.
        """
        inputs = {name: x for name, x in self.input.items() if name != "padding_mask"}
        return keras.Model(inputs, self.get_layer("embedding_dropout").input)


def check_config(config):
    known = {"cell": CELLS, "char_encoder": (None, "cnn", "rnn"), "join": ("concatenate", "gate")}
    for name, values in known.items():
        if config[name] not in values:
            raise ValueError(f"`{name}` must be one of {list(values)}, got {config[name]!r}.")
    check_positive(depth=config["depth"])
    booleans = ("bidirectional", "residual", "reversible")
    check_boolean(**{name: config[name] for name in booleans if name in config})
    for name in RATES:
        check_rate(name, config[name])
    if config["char_encoder"] == "rnn" and config["char_units"] % 2:
        raise ValueError(f"`char_units` must be even for 'rnn', got {config['char_units']}.")
    if config["join"] == "gate" and not config["char_encoder"]:
        raise ValueError("`join`='gate' needs a `char_encoder`, got None.")


def recurrent_layer(index, config, dtype):
    layer = CELLS[config["cell"]](
        config["units"],
        return_sequences=True,
        zero_output_for_mask=True,
        recurrent_dropout=config["recurrent_dropout"],
        dtype=dtype,
        name=f"recurrent_{index}",
    )
    if not config["bidirectional"]:
        return layer
    return layers.Bidirectional(layer, dtype=dtype, name=f"bidirectional_{index}")
