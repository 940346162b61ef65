"""A training that was killed, at any step and any number of times, ends as one that was not."""

import os
import random
import signal

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from apps.training import checkpoint, stages
from apps.training import from_recipe as training
from tests.apps.own_corpora import APPS, forget_corpora, own_and_others, recipe_of
from tests.processes import started

RATES = {"word_dropout": 0.1, "embedding_dropout": 0.2, "dropout": 0.3, "recurrent_dropout": 0.2}
RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "seed": 1,
    "data": {"name": "uci_sentiment_sample", "holdout": 40},
    "preprocessor": {"vocabulary_size": 200, "sequence_length": 16},
    "network": {"embedding_dim": 6, "units": 4, "depth": 2, **RATES},
    "pretraining": {"epochs": 2, "window": 16, "batch_size": 64, "samples": 20},
    "fit": {"epochs": 3, "batch_size": 64, "learning_rate": 0.01, "patience": 3},
}


class Fragile(checkpoint.Checkpoint):
    """A checkpoint whose process gets a SIGKILL at the end of a number of steps and epochs."""

    moments = None

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        self.come_closer()

    def on_epoch_end(self, epoch, logs=None):
        self.come_closer()
        super().on_epoch_end(epoch, logs)
        self.come_closer()

    def come_closer(self):
        if Fragile.moments is not None:
            Fragile.moments -= 1
            if Fragile.moments < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def train(folder, moments=None):
    """Trains, but is killed after so many moments."""
    Fragile.moments = moments
    stages.Checkpoint, stages._CHECKPOINT_STEPS = Fragile, 2
    training.train(RECIPE, folder / "preset", run_dir=folder / "run", verbose=0)


def points(folder):
    """The points in TensorBoard, by their curve."""
    found = {}
    for part in sorted(folder.glob("*/*/events*")):
        events = EventAccumulator(str(part), size_guidance={"tensors": 0}).Reload()
        for tag in events.Tags()["tensors"]:
            if tag.startswith("epoch_"):
                curve = found.setdefault((*part.relative_to(folder).parts[:2], tag), [])
                curve += [
                    (each.step, tf.make_ndarray(each.tensor_proto).item())
                    for each in events.Tensors(tag)
                ]
    return found


def test_killed_at_random_moments_it_ends_with_the_same_files(tmp_path):
    generator = random.Random(0)
    whole, often = tmp_path / "whole", tmp_path / "often"
    with started(train, whole, output=tmp_path / "output") as process:
        process.join(600)
        assert process.exitcode == 0, (tmp_path / "output").read_text()
    kills = 0
    while not (often / "preset").exists():
        moments = generator.randrange(8, 24) if kills < 2 else None
        with started(train, often, moments, output=tmp_path / "output") as process:
            process.join(600)
            assert process.exitcode in (0, -signal.SIGKILL), (tmp_path / "output").read_text()
            kills += process.exitcode != 0
    assert kills >= 2
    for log in ("pretraining.csv", "fit.csv"):
        assert (often / "run" / log).read_text() == (whole / "run" / log).read_text()
    for file in ("model.weights.h5", "task.weights.h5"):
        assert_same_weights(often / "preset" / file, whole / "preset" / file)
    assert points(often / "run/logs") == points(whole / "run/logs")


def assert_same_weights(one, other):
    def arrays(file):
        found = {}
        with h5py.File(file) as weights:
            weights.visititems(
                lambda name, item: (
                    found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
                )
            )
        return found

    one, other = arrays(one), arrays(other)
    assert set(one) == set(other)
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


class Interrupted(Exception):
    """In the place of a kill."""


class Interrupt(keras.callbacks.Callback):
    """Interrupts a training at a step of an epoch."""

    def __init__(self, epoch, step):
        super().__init__()
        self.place, self.epoch = (epoch, step), 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            raise Interrupted


# What is left out of the networks, for they are traced three times.
SMALLER = {
    "tagging": {"depth": 1, "char_encoder": "cnn", "join": "concatenate"},
    "translation": {"encoder_depth": 1, "decoder_depth": 1, "cell": "gru"},
    "gru of stories": {},
}


@pytest.mark.parametrize("app", SMALLER)
def test_each_app_goes_on_as_if_it_had_not_been_interrupted(app, tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "_CHECKPOINT_STEPS", 1)
    own_and_others(APPS[app]["app"])
    network = {**APPS[app]["network"], **SMALLER[app]}
    fit = {"epochs": 2, "batch_size": 2, "learning_rate": 0.1}
    recipe = recipe_of(app, network=network, fit=fit)

    def weights(name, *callbacks):
        run = training.open_run(recipe, tmp_path / name, verbose=0, callbacks=callbacks)
        return training.learn(recipe, run).get_weights()

    loggers = []
    logging = stages._logging
    monkeypatch.setattr(stages, "_logging", lambda *a: loggers.append(logging(*a)) or loggers[-1])
    with pytest.raises(Interrupted):
        weights("interrupted", Interrupt(1, 1))
    loggers[0][1].csv_file.close()
    again, whole = weights("interrupted"), weights("whole")
    for one, other in zip(again, whole, strict=True):
        np.testing.assert_array_equal(one, other)
    logs = [(tmp_path / name / "fit.csv").read_text() for name in ("interrupted", "whole")]
    assert logs[0] == logs[1]
    forget_corpora()
