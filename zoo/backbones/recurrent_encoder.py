"""Words to states: an embedding and a stack of recurrent layers."""

import keras
import keras_hub

from zoo import layers, preset_files
from zoo.presets import FromPreset

CELLS = {
    "gru": layers.GRU,
    "lstm": layers.LSTM,
    "peephole_lstm": layers.PeepholeLSTM,
    "simple_rnn": layers.SimpleRNN,
}


@keras.saving.register_keras_serializable("zoo")
class RecurrentEncoder(FromPreset, keras_hub.models.Backbone):
    """Word embeddings, then a stack of (bidirectional) recurrent layers.

        s^0_t = dropout(e(x_t))
        s^1_t = [forward(s^0)_t; backward(s^0)_t]
        s^i_t = s^{i-1}_t + [forward(d)_t; backward(d)_t],  d = dropout(s^{i-1}),  i >= 2

    Without `residual` the sum in the last line has its second term alone.

    Args:
        vocabulary_size: Number `V` of token ids; 0 is padding.
        embedding_dim: Size `E` of a word embedding.
        units: Size `H` of the state of one direction.
        depth: Number of recurrent layers.
        cell: `"gru"`, `"lstm"`, `"peephole_lstm"` or `"simple_rnn"`.
        bidirectional: Whether each layer also runs from right to left.
        residual: Whether layers from the second on add to their input.
        embedding_dropout: Rate at which embedded values are dropped.
        dropout: Rate of the dropout between recurrent layers.
        recurrent_dropout: Rate of the dropout of the recurrent input, one mask a sequence.
        dtype: Dtype policy of all layers.

    Call arguments:
        inputs: Dictionary of `token_ids`, an integer tensor `(B, T)`, and
            `padding_mask`, a boolean tensor `(B, T)`, true for words. Padding
            is on the right, and each row has at least one word.

    Returns:
        Dictionary of `sequence_output`, the states `(B, T, 2H)` (`H` where not
        bidirectional), zero at padding, and `padding_mask`, as it came.

    Errors:
        ValueError: If `cell` is unknown or `depth` is not positive.

    Example:
        >>> encoder = RecurrentEncoder(vocabulary_size=100, embedding_dim=8, units=4)
        >>> ids = keras.ops.array([[3, 2, 0]])
        >>> outputs = encoder({"token_ids": ids, "padding_mask": ids != 0})
        >>> tuple(outputs["sequence_output"].shape)
        (1, 3, 8)

    Reference: Schuster and Paliwal 1997 (bidirectional); Graves et al. 2013,
    arXiv:1303.5778, section 3 (stacked); Wu et al. 2016, arXiv:1609.08144, section 3.1 (residual).
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
        embedding_dropout=0.0,
        dropout=0.0,
        recurrent_dropout=0.0,
        dtype=None,
        **kwargs,
    ):
        if cell not in CELLS:
            raise ValueError(f"`cell` must be one of {sorted(CELLS)}, got {cell!r}.")
        if not isinstance(depth, int) or depth < 1:
            raise ValueError(f"`depth` must be a positive integer, got {depth!r}.")

        def recurrent(index):
            layer = CELLS[cell](
                units,
                return_sequences=True,
                zero_output_for_mask=True,
                recurrent_dropout=recurrent_dropout,
                dtype=dtype,
                name=f"recurrent_{index}",
            )
            if not bidirectional:
                return layer
            return keras.layers.Bidirectional(layer, dtype=dtype, name=f"bidirectional_{index}")

        token_ids = keras.Input((None,), dtype="int32", name="token_ids")  # (B, T)
        padding_mask = keras.Input((None,), dtype="bool", name="padding_mask")  # (B, T)
        embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim, dtype=dtype, name="token_embedding"
        )
        x = embedding(token_ids)  # (B, T, E)
        x = keras.layers.Dropout(embedding_dropout, dtype=dtype, name="embedding_dropout")(x)
        recurrent_layers = [recurrent(index) for index in range(depth)]
        x = recurrent_layers[0](x, mask=padding_mask)  # (B, T, 2H)
        for index, layer in enumerate(recurrent_layers[1:], start=1):
            below = x
            x = keras.layers.Dropout(dropout, dtype=dtype, name=f"dropout_{index}")(x)
            x = layer(x, mask=padding_mask)  # (B, T, 2H)
            if residual:
                x = keras.layers.Add(dtype=dtype, name=f"residual_{index}")([below, x])

        super().__init__(
            inputs={"token_ids": token_ids, "padding_mask": padding_mask},
            outputs={"sequence_output": x, "padding_mask": padding_mask},
            dtype=dtype,
            **kwargs,
        )
        self.token_embedding = embedding
        self.recurrent_layers = recurrent_layers
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.depth = depth
        self.cell = cell
        self.bidirectional = bidirectional
        self.residual = residual
        self.embedding_dropout = embedding_dropout
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout

    def load_weights(self, filepath, **kwargs):
        """As `keras.Model.load_weights`; a file of another network is a `ValueError`."""
        with preset_files.clear_weight_errors(filepath):
            super().load_weights(filepath, **kwargs)
            if str(filepath).endswith(".h5"):
                preset_files.check_count(filepath, self)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "units": self.units,
            "depth": self.depth,
            "cell": self.cell,
            "bidirectional": self.bidirectional,
            "residual": self.residual,
            "embedding_dropout": self.embedding_dropout,
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
        }
