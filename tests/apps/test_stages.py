"""What a training reads, when it stops and which weights it keeps, over kills; no step is run."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from apps import datasets
from apps.recipes import read_recipe
from apps.training import stages
from apps.training.from_recipe import open_run

FIT = {"batch_size": 4, "epochs": 5, "patience": 2}
RECIPE = {
    "name": "scripted",
    "app": "sentiment",
    "data": {"name": "numbers", "holdout": 4},
    "preprocessor": {"min_count": 1},
    "network": {"embedding_dim": 2, "units": 2},
    "fit": FIT,
}


class Killed(Exception):
    """In the place of a kill."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScriptedRun(stages.Run):
    """A run whose `fit` trains nothing: epoch `n` sets all weights to `n`, and has a figure.

    Attributes:
        figures: The `val_accuracy` of each epoch from 0 on; at `None` the run is killed.
        epochs_run: The epochs that came.
    """

    figures: tuple
    epochs_run: list = dataclasses.field(default_factory=list)

    def fit(self, model, data, *, initial_epoch, epochs, callbacks, **kwargs):
        model.optimizer.build(model.trainable_variables)
        model.stop_training = False
        calls = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs)
        calls.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            calls.on_epoch_begin(epoch)
            if self.figures[epoch] is None:
                for callback in callbacks:
                    getattr(callback, "csv_file", None) and callback.csv_file.close()
                raise Killed
            self.epochs_run.append(epoch)
            for weight in model.trainable_variables:
                weight.assign(keras.ops.full(weight.shape, epoch))
            calls.on_epoch_end(epoch, {"val_accuracy": self.figures[epoch]})
            if model.stop_training:
                break
        calls.on_train_end()


@pytest.fixture(scope="module", autouse=True)
def corpus():
    texts = [f"word{number}" for number in range(16)]
    examples = tf.data.Dataset.from_tensor_slices((texts, [0, 1] * 8))
    datasets.register("numbers", "sentiment", train=examples, validation=examples)
    yield
    del datasets.corpora.IN_MEMORY["numbers"]


def trained(folder, *figures, **fit):
    """The epochs that ran, and the epoch whose weights the task has in the end."""
    recipe = read_recipe({**RECIPE, "fit": {**FIT, **fit}})
    run = open_run(recipe, folder, verbose=0)
    run = ScriptedRun(**vars(run), figures=figures)
    task = recipe.build(run.folder, None)
    stages.fit(recipe, task, run)
    (kept,) = {float(value) for weight in task.get_weights() for value in np.unique(weight)}
    return run.epochs_run, kept


def test_the_best_epoch_is_kept(tmp_path):
    assert trained(tmp_path, 0.2, 0.7, 0.5, 0.6, 0.4, patience=9) == ([0, 1, 2, 3, 4], 1)


def test_training_stops_early(tmp_path):
    assert trained(tmp_path / "two", 0.5, 0.4, 0.3, 0.9, 0.9) == ([0, 1, 2], 0)
    assert trained(tmp_path / "three", 0.5, 0.4, 0.3, 0.9, 0.9, patience=3)[1] == 3


def test_the_best_epoch_before_a_kill_is_kept(tmp_path):
    with pytest.raises(Killed):
        trained(tmp_path, 0.2, 0.9, None, patience=9)
    assert trained(tmp_path, 0.0, 0.0, 0.3, 0.4, 0.5, patience=9) == ([2, 3, 4], 1)
    assert trained(tmp_path, 0.0, 0.0, 0.0, 0.0, 0.0, patience=9) == ([], 1)  # it had ended


def test_a_better_epoch_after_a_kill_is_kept(tmp_path):
    with pytest.raises(Killed):
        trained(tmp_path, 0.2, 0.5, None, patience=9)
    assert trained(tmp_path, 0.0, 0.0, 0.3, 0.6, 0.5, patience=9) == ([2, 3, 4], 3)


def test_patience_goes_on_after_a_kill(tmp_path):
    with pytest.raises(Killed):
        trained(tmp_path, 0.5, 0.4, None, patience=3)
    assert trained(tmp_path, 0.0, 0.0, 0.3, 0.2, 0.9, patience=3) == ([2, 3], 0)


def test_a_training_that_stopped_early_does_not_go_on(tmp_path, monkeypatch):
    save = stages._save_done
    monkeypatch.setattr(stages, "_save_done", killed)  # when all epochs are done
    with pytest.raises(Killed):
        trained(tmp_path, 0.5, 0.4, 0.3, 0.9, 0.9)
    monkeypatch.setattr(stages, "_save_done", save)
    assert trained(tmp_path, 0.0, 0.0, 0.0, 0.9, 0.9) == ([], 0)


def killed(*args):
    raise Killed


def test_what_is_held_out_is_not_trained_on(tmp_path):
    recipe = read_recipe(RECIPE)
    train, held_out = stages.training_data(recipe, open_run(recipe, tmp_path, verbose=0))
    parts = [{text for text, _ in part.as_numpy_iterator()} for part in (train, held_out)]
    assert [len(part) for part in parts] == [12, 4]
    assert not parts[0] & parts[1]
