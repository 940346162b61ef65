"""What a search tries."""

from apps.core.space import encoder, optimization, rates


def space(hp):
    """The encoder, the pooling of its states, dropout, optimiser and schedule.

    `network`: cell, units, depth, size of the word vectors, three rates of dropout; `head`:
    pooling and dropout; `fit`: see `optimization`.
    """
    return {
        **encoder(hp),
        "head.pooling": hp.Choice("head.pooling", ["max", "mean", "attention", "last"]),
        **rates(hp, "head.dropout"),
        **optimization(hp),
    }
