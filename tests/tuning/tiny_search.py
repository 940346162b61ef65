"""A small recipe, and a small space for it, that the tests of searches share."""

import types

import pytest

from tuning import searching, trials

RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "seed": 1,
    "data": {"name": "uci_sentiment_sample", "holdout": 96},
    "preprocessor": {"vocabulary_size": 300, "sequence_length": 16},
    "network": {"embedding_dim": 8, "units": 8},
    "fit": {"epochs": 2, "batch_size": 64, "learning_rate": 0.01},
}
SPACE = {
    "network.units": [4, 8],
    "network.embedding_dim": 8,
    "network.depth": 1,
    "network.cell": "gru",
}


@pytest.fixture
def scripted(monkeypatch):
    """`scripted(figure)` gives each trial the accuracy `figure(recipe)`, without a training.

    It has half of that in its first epoch. With `build` the app is built, and checked.
    """

    def script(figure, build=False):
        def learn(recipe, run, check=None):
            if build and check is not None:
                check(recipe.build(run.folder, run.data_dir))
            log = run.folder / "fit.csv"
            done = len(log.read_text().splitlines()) - 1 if log.exists() else 0
            last = min(run.epochs or recipe.fit.epochs, recipe.fit.epochs)
            with log.open("a") as file:
                file.write("" if done else "epoch,learning_rate,val_accuracy\n")
                for epoch in range(done, last):
                    file.write(f"{epoch},0.01,{figure(recipe) / (1 if epoch else 2)}\n")
            return types.SimpleNamespace(monitor="accuracy", count_params=lambda: 1)

        def held_out_figures(recipe, task, run):
            return [{"accuracy": figure(recipe) + noise} for noise in (-0.01, 0.0, 0.01)]

        def write_preset(recipe, task, run, preset_dir, **more):
            return {"metrics": {}, **more}

        monkeypatch.setattr(trials, "give_memory_back", lambda: None)  # nothing takes any
        monkeypatch.setattr(trials, "learn", learn)
        monkeypatch.setattr(trials, "held_out_figures", held_out_figures)
        monkeypatch.setattr(searching, "held_out_figures", held_out_figures)
        monkeypatch.setattr(searching, "learn", learn)
        monkeypatch.setattr(searching, "write_preset", write_preset)

    return script
