"""What the spaces of hyper-parameters of apps are made of; see `tuning.spaces`."""

CELLS = ["gru", "lstm", "peephole_lstm", "simple_rnn"]


def optimization(hp):
    """Optimiser, learning rate, schedule and batch size of `fit`, of all apps."""
    return {
        "fit.optimizer": hp.Choice("fit.optimizer", ["adam", "adamw", "nadam", "rmsprop"]),
        "fit.learning_rate": hp.Float("fit.learning_rate", 3e-4, 1e-2, sampling="log"),
        "fit.schedule": hp.Choice("fit.schedule", ["cosine", "constant"]),
        "fit.batch_size": hp.Choice("fit.batch_size", [16, 32, 64]),
    }


def encoder(hp):
    """Cell, sizes and rates of dropout of a recurrent encoder."""
    sizes = {
        "network.cell": hp.Choice("network.cell", CELLS),
        "network.units": hp.Choice("network.units", [64, 96, 128, 192, 256]),
        "network.depth": hp.Int("network.depth", 1, 3),
        "network.embedding_dim": hp.Choice("network.embedding_dim", [64, 96, 128, 192]),
    }
    names = ("network.word_dropout", "network.embedding_dropout", "network.dropout")
    return {**sizes, **rates(hp, *names)}


def rates(hp, *names):
    """Rates of dropout, in steps of 0.1."""
    return {name: hp.Float(name, 0.0, 0.6, step=0.1) for name in names}
