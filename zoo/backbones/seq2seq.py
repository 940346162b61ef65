"""Sequence to sequence: an encoder, and a decoder that starts from its states."""

import keras
import keras_hub
from keras import ops

from zoo.backbones._backbone import ConfiguredBackbone, config_of
from zoo.backbones._decoder import ATTENTIONS, CONDITIONINGS, Bridge, Decoder
from zoo.backbones.recurrent_encoder import CELLS, RATES, RecurrentEncoder
from zoo.layers._checks import check_boolean, check_positive, check_rate

TIES = ("none", "target", "all")


@keras.saving.register_keras_serializable("zoo")
class Seq2Seq(ConfiguredBackbone, keras_hub.models.Backbone):
    """An encoder of the source, and a decoder of the target.

        h     = encoder(source)                          states (B, S, 2H'), see `RecurrentEncoder`
        v     = [forward h_n; backward h_1]              the encoder's last states
        s_0   = tanh(v W_s + b_s)                        of each layer of the decoder, each state
        x_t   = e(y_{t-1})                               embedding of the target token before

    and then one of three decoders, each a stack `f` of `decoder_depth` layers. What they give,
    `o_t` of size `E`, times the output embeddings is the logits of `y_t`:

    - `"last_state"`: `s_t = f(x_t, s_{t-1})`, `o_t = tanh([s_t; x_t] W_o + b_o)`: all of the source
      has to go through `s_0`.
    - `"every_step"`: `s_t = f([x_t; c], s_{t-1})`, `o_t = tanh([s_t; x_t; c] W_o + b_o)` with
      `c = tanh(v W_c + b_c)`, so that no step forgets it.
    - `"attention"`: the first layer is an `AttentionDecoder` over `h`, and its output `a_t` is
      `o_t`; or, with more layers above it, `o_t = tanh([s_t; a_t] W_o + b_o)`.

    Source and target share one vocabulary.

    Args:
        vocabulary_size: Number `V` of token ids; 0 is padding, 1 an unknown token.
        embedding_dim: Size `E` of embeddings and of `o`.
        units: Size `H` of the decoder's states.
        encoder_units: Size `H'` of the encoder's states in a direction; `units` by default.
        encoder_depth: Number of the encoder's layers.
        encoder_bidirectional: Whether they also run from right to left. If not, `h` has the size
            `H'` in place of `2H'`, and `v` is `h_n`.
        decoder_depth: Number of the decoder's layers.
        cell: `"gru"`, `"lstm"`, `"peephole_lstm"` or `"simple_rnn"`.
        conditioning: `"last_state"`, `"every_step"` or `"attention"`.
        attention: `"additive"`, `"dot"` (for which `H` is the size of `h`), `"general"`,
            `"concat"`, `"local_monotonic"`, `"local_predictive"`, `"hard"` or `"multi_head"`.
        attention_units: Size of the hidden layer of attentions that have one; `units` by default.
        attention_window: Half width of the window of local attention.
        attention_heads: Number of heads of `"multi_head"`.
        input_feeding: Whether the attentional state is an input of the next step.
        tied_embeddings: `"none"`; `"target"`: the output embeddings are those of the decoder's
            input; `"all"`: and those of the source.
        word_dropout: Rate at which tokens of source and target input become unknown ones.
        embedding_dropout: Rate at which values of the embeddings are dropped.
        dropout: Rate of the dropout between layers and of `o`.
        recurrent_dropout: Rate of the dropout of the recurrent input, one mask a sequence.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `source_ids (B, S)` and `target_ids (B, T)`, integers, and of
            `source_mask (B, S)`, true for tokens. Padding is on the right; each source has at
            least one token. A target begins with a start token.

    Returns:
        Dictionary of `sequence_output`, `o` `(B, T, E)`; of `logits` `(B, T, V)`, in float32 at
        least; and with attention of `attention`, its weights `(B, T, S)`, or `(B, T, K, S)` with
        heads.

    Errors:
        ValueError: If a name is unknown, or a size is not positive.

    Example:
        >>> backbone = Seq2Seq(vocabulary_size=100, embedding_dim=8, units=4)
        >>> source, target = keras.ops.array([[3, 2, 0]]), keras.ops.array([[2, 5]])
        >>> inputs = {"source_ids": source, "source_mask": source != 0, "target_ids": target}
        >>> outputs = backbone(inputs)
        >>> tuple(outputs["sequence_output"].shape), tuple(outputs["attention"].shape)
        ((1, 2, 8), (1, 2, 3))

    Reference: Sutskever et al. 2014, arXiv:1409.3215 (last state); Cho et al. 2014,
    arXiv:1406.1078, section 2.2 (every step); Bahdanau et al. 2015, arXiv:1409.0473 and Luong et
    al. 2015, arXiv:1508.04025 (attention); Wu et al. 2016, arXiv:1609.08144, section 3 (attention
    in the first layer); Press and Wolf 2017, arXiv:1608.05859 (tied embeddings).
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_dim=256,
        units=256,
        encoder_units=None,
        *,
        encoder_depth=1,
        encoder_bidirectional=True,
        decoder_depth=1,
        cell="gru",
        conditioning="attention",
        attention="additive",
        attention_units=None,
        attention_window=5,
        attention_heads=4,
        input_feeding=True,
        tied_embeddings="target",
        word_dropout=0.0,
        embedding_dropout=0.0,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        config = config_of(Seq2Seq, locals())
        check_config(config)
        inputs = {
            "source_ids": keras.Input((None,), dtype="int32", name="source_ids"),  # (B, S)
            "source_mask": keras.Input((None,), dtype="bool", name="source_mask"),  # (B, S)
            "target_ids": keras.Input((None,), dtype="int32", name="target_ids"),  # (B, T)
        }
        encoder = _encoder(config, dtype)
        bridge = Bridge(config, dtype=dtype, name="bridge")
        shared = encoder.token_embedding if tied_embeddings == "all" else None
        decoder = Decoder(config, shared, dtype=dtype, name="decoder")

        encoded = encoder(
            {"token_ids": inputs["source_ids"], "padding_mask": inputs["source_mask"]}
        )
        memory, mask = encoded["sequence_output"], encoded["padding_mask"]  # (B, S, 2H')
        outputs = decoder(inputs["target_ids"], memory, mask=mask, **bridge(memory, mask=mask))
        del outputs["states"]
        super().__init__(inputs=inputs, outputs=outputs, dtype=dtype, **kwargs)
        self.encoder = encoder
        self.bridge = bridge
        self.decoder = decoder
        self.keep(config)

    @property
    def token_embedding(self):
        """The embeddings of the target, which also give the logits, with `reverse=True`."""
        return self.decoder.token_embedding

    def start(self, source_ids, source_mask):
        """What a decoder that chooses its own tokens needs: the encoded source, and its states.

        Args:
            source_ids: Integer tensor `(B, S)`.
            source_mask: Boolean tensor `(B, S)`, true for tokens.

        Returns:
            A dictionary of tensors that stay, the keyword arguments of `decoder`; and the list of
            the states from which it starts.
        """
        encoded = self.encoder({"token_ids": source_ids, "padding_mask": source_mask})
        memory = encoded["sequence_output"]
        first = self.bridge(memory, mask=source_mask)
        stays = {"memory": memory, "mask": source_mask}
        if "context" in first:
            stays["context"] = first["context"]
        states = first["states"]
        if self.conditioning == "attention":
            stays["keys"] = self.decoder.project(memory)
            if self.input_feeding:
                fed = (ops.shape(memory)[0], self.embedding_dim)
                states = [*states, ops.zeros(fed, memory.dtype)]
        return stays, states


def check_config(config):
    known = {
        "cell": CELLS,
        "conditioning": CONDITIONINGS,
        "attention": ATTENTIONS,
        "tied_embeddings": TIES,
    }
    for name, values in known.items():
        if config[name] not in values:
            raise ValueError(f"`{name}` must be one of {list(values)}, got {config[name]!r}.")
    sizes = ("vocabulary_size", "embedding_dim", "units", "encoder_depth", "decoder_depth")
    optional = [name for name in ("encoder_units", "attention_units") if config[name] is not None]
    check_positive(**{name: config[name] for name in (*sizes, *optional)})
    booleans = ("encoder_bidirectional", "input_feeding")
    check_boolean(**{name: config[name] for name in booleans})
    for name in RATES:
        check_rate(name, config[name])
    directions = 2 if config["encoder_bidirectional"] else 1
    memory = directions * (config["encoder_units"] or config["units"])
    attends_by_dot = (config["conditioning"], config["attention"]) == ("attention", "dot")
    if attends_by_dot and config["units"] != memory:
        raise ValueError(
            f"`units` must be the size of the encoder's states for the attention 'dot', {memory}, "
            f"got {config['units']}."
        )


def _encoder(config, dtype):
    return RecurrentEncoder(
        config["vocabulary_size"],
        config["embedding_dim"],
        config["encoder_units"] or config["units"],
        config["encoder_depth"],
        bidirectional=config["encoder_bidirectional"],
        cell=config["cell"],
        reversible=config["tied_embeddings"] == "all",
        **{name: config[name] for name in RATES},
        dtype=dtype,
        name="encoder",
    )
