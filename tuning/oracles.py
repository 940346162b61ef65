"""Keras Tuner's algorithms, which begin with the recipe's own values and outlive lost workers."""

import json
import math
import pathlib
import sys
import time
import warnings

import keras_tuner
from keras_tuner import oracles
from sklearn.exceptions import ConvergenceWarning

from tuning.objectives import direction
from zoo.whole_files import write_whole

_STATUS = keras_tuner.engine.trial.TrialStatus
STOPPED, IDLE, RUNNING, FAILED = _STATUS.STOPPED, _STATUS.IDLE, _STATUS.RUNNING, _STATUS.FAILED


class RecipeFirst:
    """Mixin for oracles, put before the oracle class.

    The first trial has the values of the recipe itself, but for ranges that do not hold them, so
    that the search does not end below it.

    A worker that is not heard of for `patience` seconds, `None` for ever, is taken for dead: its
    trial goes to the next one that asks, who has to wait while others may still die. A worker is
    heard of when it asks for its trial, `get_trial`. After the `deadline`, in seconds of
    `time.monotonic`, no trial begins.
    """

    def __init__(self, plan, patience=None, deadline=math.inf, **kwargs):
        super().__init__(**kwargs)
        self.plan = plan
        self.patience = patience
        self.deadline = deadline
        self._heard = {}  # seconds, by trial

    def populate_space(self, trial_id):
        answer = super().populate_space(trial_id)
        if not self.trials and answer["status"] == RUNNING:
            own = self.plan.own_values(self.hyperparameters)
            answer["values"] = self._active({**answer["values"], **own})
        return answer

    def _active(self, values):
        """The values of the hyper-parameters that count with these values, none missing."""
        hp = self.hyperparameters.copy()
        hp.values = dict(values)
        for each in hp.space:
            if not hp.is_active(each):
                hp.values.pop(each.name, None)
            elif each.name not in hp.values:
                hp.values[each.name] = each.default
        return hp.values

    @keras_tuner.synchronized
    def create_trial(self, tuner_id):
        self.drop_lost()
        self._retry_queue = [each for each in self._retry_queue if each not in self.end_order]
        if time.monotonic() > self.deadline:
            self.tuner_ids.discard(tuner_id)
            return keras_tuner.engine.trial.Trial(self.get_space(), status=STOPPED)
        trial = super().create_trial(tuner_id)
        if trial.status == RUNNING:
            self._heard[trial.trial_id] = time.monotonic()
        elif trial.status == STOPPED and self.ongoing_trials:
            trial.status = IDLE  # a trial may yet come back from a worker that dies
            self.tuner_ids.add(tuner_id)
        return trial

    def get_trial(self, trial_id):
        self._heard[trial_id] = time.monotonic()
        return super().get_trial(trial_id)

    @keras_tuner.synchronized
    def end_trial(self, trial):
        if trial.trial_id in self.end_order:  # its worker was taken for dead, another did the work
            self.ongoing_trials = {
                tuner_id: ongoing
                for tuner_id, ongoing in self.ongoing_trials.items()
                if ongoing.trial_id != trial.trial_id
            }
            return
        # Numbers lose digits on their way between processes.
        trial.hyperparameters = self.trials[trial.trial_id].hyperparameters
        super().end_trial(trial)
        self.save()  # Keras Tuner has saved it as ongoing

    @keras_tuner.synchronized
    def ended(self):
        """Ids of the trials that have ended, all of whose files are written."""
        return list(self.end_order)

    def is_over(self):
        """Whether no trial is left to be given out."""
        return len(self.trials) >= self.max_trials and not self._retry_queue

    def save(self):
        write_whole(self._get_oracle_fname(), json.dumps(self.get_state()))

    def _save_trial(self, trial):
        file = pathlib.Path(self._get_trial_dir(trial.trial_id), "trial.json")
        write_whole(file, json.dumps(trial.get_state()))

    def reload(self):
        super().reload()
        for trial in self.trials.values():  # a kill may have come before the oracle was saved
            known = [*self._retry_queue, *self.end_order]
            if trial.status == RUNNING and trial.trial_id not in known:
                self._retry_queue.append(trial.trial_id)

    @keras_tuner.synchronized
    def drop_lost(self):
        """Takes trials back from workers that are not heard of."""
        if self.patience is None:
            return
        now = time.monotonic()
        for tuner_id, trial in list(self.ongoing_trials.items()):
            if now - self._heard.setdefault(trial.trial_id, now) > self.patience:
                self.give_up(tuner_id)

    @keras_tuner.synchronized
    def give_up(self, tuner_id):
        """Takes back the trial of a worker that is dead."""
        self.tuner_ids.discard(tuner_id)
        trial = self.ongoing_trials.pop(tuner_id, None)
        if trial is not None:
            self._retry_queue.append(trial.trial_id)
            self.save()


class Random(RecipeFirst, oracles.RandomSearchOracle):
    """Values at random."""


class Bayesian(RecipeFirst, oracles.BayesianOptimizationOracle):
    """Values where a Gaussian process hopes for the most; at random where these were tried."""

    def populate_space(self, trial_id):
        with warnings.catch_warnings():  # of a process fitted to few points: nothing to be done
            warnings.simplefilter("ignore", ConvergenceWarning)
            answer = super().populate_space(trial_id)
        if answer["status"] == RUNNING and self._duplicate(answer["values"]):
            return self._random_populate_space()
        return answer


class Hyperband(RecipeFirst, oracles.HyperbandOracle):
    """Many trials of few epochs, of which the best go on; others take the place of failed ones."""

    @keras_tuner.synchronized
    def end_trial(self, trial):
        super().end_trial(trial)
        if self.trials[trial.trial_id].status == FAILED:
            for bracket in self._brackets:
                first = bracket["rounds"][0]
                first[:] = [each for each in first if each["id"] != trial.trial_id]
            self.save()


def make_oracle(plan, max_trials, patience=None, deadline=math.inf):
    """The oracle of a plan; see `RecipeFirst`.

    The Gaussian process takes over after a quarter of the trials, at least 4. Hyperband takes as
    many trials as it needs for one sweep of brackets, but not more than `max_trials`.
    """
    kinds = {"random": Random, "bayesian": Bayesian, "hyperband": Hyperband}
    options = {"max_trials": max_trials}
    if plan.algorithm == "bayesian":
        options["num_initial_points"] = max(4, max_trials // 4)
    if plan.algorithm == "hyperband":
        epochs = plan.recipe_with(plan.values(plan.hyperparameters())).fit.epochs
        options = {"max_epochs": epochs, "hyperband_iterations": 1}
    oracle = kinds[plan.algorithm](
        plan,
        patience,
        deadline,
        objective=keras_tuner.Objective("objective", direction(plan.app, plan.objective)),
        hyperparameters=plan.hyperparameters(),
        allow_new_entries=False,
        tune_new_entries=False,
        seed=plan.seed + 1,  # Keras Tuner takes 0 for none
        max_consecutive_failed_trials=sys.maxsize,  # failures do not end a search
        **options,
    )
    oracle.max_trials = max_trials
    oracle.verbose = 0
    return oracle
