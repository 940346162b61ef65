"""What a search tries."""

from apps.core.space import encoder, optimization, rates


def space(hp):
    """The encoder, words from characters, the head, dropout, optimiser and schedule.

    `network`: cell, units, depth, size of the word vectors, rates of dropout; how words are made of
    characters (a CNN, an RNN, not at all), of what size, and how they join the word vectors;
    `head`: CRF or softmax, and dropout.
    """
    characters = hp.Choice("network.char_encoder", ["cnn", "rnn", "none"])
    values = {"network.char_encoder": None if characters == "none" else characters}
    with hp.conditional_scope("network.char_encoder", ["cnn", "rnn"]):
        values["network.char_units"] = hp.Choice("network.char_units", [32, 64, 96])
        values["network.join"] = hp.Choice("network.join", ["concatenate", "gate"])
    return {
        **encoder(hp),
        **values,
        "head.head": hp.Choice("head.head", ["crf", "softmax"]),
        **rates(hp, "head.dropout"),
        **optimization(hp),
    }
