"""A small recipe, and a small space for it, that the tests of searches share."""

RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "seed": 1,
    "data": {"name": "uci_sentiment_sample", "holdout": 96},
    "network": {"embedding_dim": 8, "units": 8},
    "fit": {"epochs": 2, "batch_size": 32, "learning_rate": 0.01},
}
SPACE = {
    "network.units": [4, 8],
    "network.embedding_dim": 8,
    "network.depth": 1,
    "network.cell": "gru",
}
