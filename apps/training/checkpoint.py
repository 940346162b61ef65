"""Checkpoints from which a training goes on as if it had never been interrupted."""

import contextlib
import csv
import io
import json

import keras
import numpy as np
import tensorflow as tf

from zoo.whole_files import write_whole


class Checkpoint(keras.callbacks.Callback):
    """Keeps all that a training is made of, every so many steps, and goes on from there.

    That is the variables of model, optimizer and metrics, and the states of the random generators,
    which `save_weights` leaves out. The steps of an epoch that were done before pass at once: other
    callbacks see them with the logs of the last of them. The data has to begin behind them, with
    `data.skip(checkpoint.steps_done)`, and `fit` gets `initial_epoch=checkpoint.epoch`.

    It comes last of the callbacks: an epoch counts as done when all others have seen its end.

    Args:
        file: The file, written whole or not at all.
        steps_per_epoch: Number of steps in an epoch.
        frequency: Number of steps after which it is written, besides the end of each epoch.

    Attributes:
        epoch: Number of epochs that are done.
        step: Number of steps done in the epoch after these.
    """

    def __init__(self, file, steps_per_epoch, frequency):
        super().__init__()
        self.file, self.steps_per_epoch, self.frequency = file, steps_per_epoch, frequency
        self.epoch = self.step = 0
        self._arrays, self._logs = None, {}
        if file.exists():
            with np.load(file) as content:
                arrays = dict(content)
            place = json.loads(arrays.pop("place").item())
            self.epoch, self.step, self._logs = place["epoch"], place["step"], place["logs"]
            self._arrays = [arrays[str(index)] for index in range(len(arrays))]

    @property
    def steps_done(self):
        """Number of steps done in all epochs."""
        return self.epoch * self.steps_per_epoch + self.step

    def on_train_begin(self, logs=None):
        if self._arrays is not None:
            for variable, array in zip(_variables(self.model), self._arrays, strict=True):
                variable.assign(array)

    def on_epoch_begin(self, epoch, logs=None):
        if self.step and epoch == self.epoch:
            # Keras has set the metrics back.
            metrics = self.model.metrics_variables
            for variable, array in zip(metrics, self._arrays[-len(metrics) :], strict=True):
                variable.assign(array)
            self._pass(self.step)
        self._arrays, self.epoch = None, epoch

    def _pass(self, steps):
        """Makes the model's next steps do nothing."""
        model, function = self.model, self.model.train_function

        def pass_one(*args):  # an iterator; on JAX a state before it, which is given back
            nonlocal steps
            steps -= 1
            if not steps:
                model.train_function = function
            return (self._logs, args[0]) if args[1:] else self._logs

        model.train_function = pass_one

    def on_train_batch_end(self, batch, logs=None):
        if self.step < (done := batch + 1) < self.steps_per_epoch and done % self.frequency == 0:
            self._save(self.epoch, done, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.step = 0
        self._save(epoch + 1, 0, {})

    def _save(self, epoch, step, logs):
        place = {"epoch": epoch, "step": step, "logs": {key: float(logs[key]) for key in logs}}
        arrays = [_as_array(variable) for variable in _variables(self.model)]
        content = io.BytesIO()
        np.savez(
            content, place=json.dumps(place), **{str(i): each for i, each in enumerate(arrays)}
        )
        write_whole(self.file, content.getvalue())


def seeds(model):
    """The states of the random generators of a model."""
    return [each for each in model.variables if "seed_generator_state" in each.path]


def _variables(model):
    optimizer = model.optimizer.variables if model.optimizer else []
    return [*model.variables, *optimizer, *model.metrics_variables]


def _as_array(variable):
    array = keras.ops.convert_to_numpy(variable)
    return array.astype("float32") if array.dtype.kind == "V" else array  # NumPy has no bfloat16


def forget_epochs(log, folder, first):
    """Removes what was logged of epochs that begin anew.

    Args:
        log: File of `keras.callbacks.CSVLogger`.
        folder: Folder of the run's writers for TensorBoard.
        first: The first of these epochs.
    """
    if log.exists():
        with log.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        whole = [row for row in rows[1:] if len(row) == len(rows[0]) and int(row[0]) < first]
        text = io.StringIO()
        csv.writer(text).writerows([*rows[:1], *whole] if whole else [])
        write_whole(log, text.getvalue())
    for file in folder.glob("*/events.out.tfevents.*"):
        _forget_events(file, first)


def _forget_events(file, first):
    kept = []
    with contextlib.suppress(tf.errors.DataLossError):  # a kill cut it short
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            if not event.HasField("summary") or event.step < first:
                kept.append(record)
    scratch = file.with_name("unfinished")  # no name that TensorBoard would read
    with tf.io.TFRecordWriter(str(scratch)) as writer:
        for record in kept:
            writer.write(record)
    scratch.rename(file)
