"""Trials: each is a training run of the recipe with values of its own."""

import contextlib
import errno
import io
import json
import math
import pathlib
import shutil
import time

import keras
import keras_tuner
import tensorflow as tf
from keras_tuner.src import config  # it has no public place

from apps import datasets
from apps.training.from_recipe import held_out_figures, learn, open_run
from apps.training.stages import best_epoch, largest_rate
from tuning.objectives import direction, of_figures, standard_error, value_of
from tuning.report import PARTS, TRIALS, read_trial
from tuning.trial_logs import log_failure, log_result, log_values
from zoo.whole_files import write_whole

_ATTEMPTS = 3  # a trial that kills its process each time must not do so for ever
_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
_BATCH = 64  # examples by which the speed of a model is measured


class BudgetSpent(keras_tuner.errors.FatalError):
    """The minutes of the search are over; the trial goes on when the search does."""


class Unusable(keras_tuner.errors.FatalError, OSError):
    """A disk that is full, or cannot be written: no trial can run here, this one goes on later."""


class Tuner(keras_tuner.engine.base_tuner.BaseTuner):
    """Runs trials, in the folder `trials` of that of the search.

    A trial is a run of `apps.training` in `trials/trial_ID/run`, with its checkpoints and logs: one
    that was killed goes on where it stopped. What fails a trial stands in `failed.txt` beside it;
    the search goes on.

    Args:
        plan: The `Plan`.
        oracle: An oracle of `make_oracle`.
        directory: Folder of the search.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        strategy: A `tf.distribute.Strategy`.
        deadline: Time of `time.monotonic()` from which no epoch begins.
        max_trials: Number of trials after which this process has done its part.
        report: A function that is called with the `TrialSummary` of each trial that ended.
    """

    def __init__(
        self,
        plan,
        oracle,
        directory,
        *,
        data_dir=None,
        strategy=None,
        deadline=math.inf,
        max_trials=math.inf,
        report=None,
    ):
        self.plan = plan
        self.data_dir = data_dir
        self.strategy = strategy
        self.deadline = deadline
        self.trials_left = max_trials
        self.report = report
        self.trial_id = None  # of the trial under way
        self.lost_chief = False
        config.DEBUG = False  # else Keras Tuner prints the traceback of each trial that fails
        with contextlib.redirect_stdout(io.StringIO()):  # and says that it reloads
            super().__init__(oracle, directory=str(directory), project_name=TRIALS)
        if not self._is_worker():
            self.save()  # else Keras Tuner would not reload what a kill leaves

    def pre_create_trial(self):
        time.sleep(0.1)  # an answer may have been to wait
        if self.is_over() or self.trials_left <= 0:
            raise BudgetSpent

    def is_over(self):
        """Whether the minutes are spent."""
        return time.monotonic() > self.deadline

    def run_trial(self, trial):
        folder, self.trial_id = self.folder(trial.trial_id), trial.trial_id
        try:
            return self._run(trial, folder)
        except BudgetSpent:
            raise
        except Exception as error:
            if getattr(error, "errno", None) in _MACHINE:
                raise Unusable(str(error)) from error
            reason = str(error).strip() or type(error).__name__
            if isinstance(error, (MemoryError, tf.errors.ResourceExhaustedError)):
                reason = "out of memory"
            (folder / "failed.txt").write_text(reason + "\n", "utf-8")
            log_failure(folder)
            raise keras_tuner.errors.FailedTrialError(reason) from error
        finally:
            self.trial_id = None

    def on_trial_end(self, trial):
        self.trials_left -= 1
        with contextlib.redirect_stdout(io.StringIO()):
            super().on_trial_end(trial)
        self.tell(trial.trial_id)

    def tell(self, trial_id):
        """Reports a trial that ended."""
        if self.report:
            self.report(read_trial(self.folder(trial_id)))

    def folder(self, trial_id):
        """The folder of a trial."""
        return pathlib.Path(self.get_trial_dir(trial_id))

    def recipe(self, trial):
        """The recipe of a trial."""
        return self.plan.recipe_with(self.plan.values(trial.hyperparameters))

    def has_all_epochs(self, trial_id):
        """Whether a trial was for all epochs of its recipe; Hyperband gives fewer to some."""
        trial = self.oracle.trials[trial_id]
        epochs = self.recipe(trial).fit.epochs
        return trial.hyperparameters.values.get("tuner/epochs", epochs) == epochs

    def _run(self, trial, folder):
        attempts = _count_attempt(folder)
        before = trial.hyperparameters.values.get("tuner/trial_id")
        if before and not (folder / "run").exists():
            copy_run(self.folder(before), folder)
        give_memory_back()
        recipe = self.recipe(trial)
        log_values(folder, trial)
        run = open_run(
            recipe,
            folder / "run",
            self.data_dir,
            0,
            strategy=self.strategy,
            callbacks=(_Watch(self.deadline, attempts),),
            epochs=trial.hyperparameters.values.get("tuner/epochs"),
        )
        begun = (run.folder / "fit.csv").exists()
        task = learn(recipe, run, None if begun else self._check)
        logs = best_epoch(run, task.monitor, direction(self.plan.app, task.monitor))
        value = value_of(self.plan.objective, logs)
        if not math.isfinite(value):
            raise ValueError(f"{self.plan.objective} became NaN or infinite")
        parts = [
            of_figures(self.plan.objective, figures)
            for figures in held_out_figures(recipe, task, run)
        ]
        write_whole(folder / PARTS, json.dumps({self.plan.objective: parts}))
        result = {
            "objective": value,
            "standard_error": standard_error(parts),
            "learning_rate": largest_rate(run),
            "minutes": run.clock.seconds() / 60,
            "parameters": task.count_params(),
            "epoch": logs["epoch"] + 1,
        }
        log_result(folder, result)
        return result

    def _check(self, task):
        """Raises `ValueError` for a model that is bigger or slower than the plan allows."""
        plan, count = self.plan, task.count_params()
        if plan.max_parameters and count > plan.max_parameters:
            raise ValueError(f"skipped: {count:,} parameters, more than {plan.max_parameters:,}")
        megabytes = 2 * count / 1e6
        if plan.max_megabytes and megabytes > plan.max_megabytes:
            raise ValueError(f"skipped: {megabytes:.1f} MB, more than {plan.max_megabytes:g}")
        least = plan.min_examples_per_second
        if least:
            rate = self._examples_per_second(task)
            if rate < least:
                raise ValueError(f"skipped: {rate:.0f} examples a second, fewer than {least:g}")

    def _examples_per_second(self, task):
        """How many examples the untrained model scores in a second, the second time."""
        name = self.plan.recipe["data"]["name"]
        examples = datasets.load(name, "train", data_dir=self.data_dir).take(_BATCH)
        batch = datasets.bucket_by_length(examples, _BATCH).cache()
        task.compile()
        task.evaluate(batch, verbose=0)
        start = time.perf_counter()
        task.evaluate(batch, verbose=0)
        return int(examples.cardinality()) / (time.perf_counter() - start)


class _Watch(keras.callbacks.Callback):
    """Ends a trial when the time is over, or the loss is no number.

    The error is raised at the very end, when other callbacks have closed their files. An attempt
    in which an epoch ends does not count.
    """

    def __init__(self, deadline, attempts):
        super().__init__()
        self.deadline = deadline
        self.attempts = attempts
        self.error = None

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite(logs["loss"]):
            self._stop(ValueError("the loss became NaN or infinite"))

    def on_epoch_end(self, epoch, logs=None):
        self.attempts.unlink(missing_ok=True)
        if time.monotonic() > self.deadline and epoch + 1 < self.params["epochs"]:
            self._stop(BudgetSpent())

    def on_train_end(self, logs=None):
        if self.error is not None:
            raise self.error

    def _stop(self, error):
        self.error = self.error or error
        self.model.stop_training = True


def give_memory_back():
    """Frees what earlier trials have made."""
    keras.utils.clear_session(free_memory=True)


def _count_attempt(folder):
    """The file that counts how often a trial was begun; `RuntimeError` if that was too often."""
    file = folder / "attempts.txt"
    attempts = int(file.read_text()) + 1 if file.exists() else 1
    file.write_text(f"{attempts}\n")
    if attempts > _ATTEMPTS:
        raise RuntimeError(f"killed {_ATTEMPTS} times in an epoch: is the memory too small for it?")
    return file


def copy_run(old, new):
    """Copies the run of a trial to that of another, whole or not at all."""
    new.mkdir(parents=True, exist_ok=True)
    scratch = new / "copy"
    shutil.rmtree(scratch, ignore_errors=True)
    # The values of the old trial stay behind.
    shutil.copytree(old / "run", scratch, ignore=shutil.ignore_patterns("*.hparams"))
    scratch.rename(new / "run")
