"""What a search tries."""

from apps.core.space import optimization, rates


def space(hp):
    """Encoder and decoder, the attention between them, dropout, optimiser and schedule.

    `network`: cell, units, size of the word vectors, depths, kind of attention, input feeding,
    rates of dropout; `head`: label smoothing.
    """
    kinds = ["additive", "general", "concat", "local_predictive", "multi_head"]
    return {
        "network.units": hp.Choice("network.units", [128, 192, 256, 384]),
        "network.embedding_dim": hp.Choice("network.embedding_dim", [128, 192, 256]),
        "network.cell": hp.Choice("network.cell", ["gru", "lstm"]),
        "network.encoder_depth": hp.Int("network.encoder_depth", 1, 2),
        "network.decoder_depth": hp.Int("network.decoder_depth", 1, 2),
        "network.attention": hp.Choice("network.attention", kinds),
        "network.input_feeding": hp.Boolean("network.input_feeding", default=True),
        **rates(hp, "network.word_dropout", "network.embedding_dropout", "network.dropout"),
        "head.label_smoothing": hp.Float("head.label_smoothing", 0.0, 0.2, step=0.05),
        **optimization(hp),
    }
