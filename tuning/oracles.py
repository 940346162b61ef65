"""Keras Tuner's algorithms, which begin with the recipe's own values and outlive lost workers."""

import math
import time

import keras_tuner
from keras_tuner import oracles

from tuning.objectives import direction

STOPPED, IDLE, RUNNING = (
    keras_tuner.engine.trial.TrialStatus.STOPPED,
    keras_tuner.engine.trial.TrialStatus.IDLE,
    keras_tuner.engine.trial.TrialStatus.RUNNING,
)


class RecipeFirst:
    """Mixin for oracles, put before the oracle class.

    The first trial has the values of the recipe itself, so that the search never ends below it.

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
        if trial.trial_id in self.end_order:
            return  # its worker was taken for dead, and another did the work
        # Numbers lose digits on their way between processes.
        trial.hyperparameters = self.trials[trial.trial_id].hyperparameters
        super().end_trial(trial)

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
    """Values where a Gaussian process hopes for the most."""


class Hyperband(RecipeFirst, oracles.HyperbandOracle):
    """Many trials of few epochs, of which the best go on."""


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
        options = {"max_epochs": plan.recipe["fit"]["epochs"], "hyperband_iterations": 1}
    oracle = kinds[plan.algorithm](
        plan,
        patience,
        deadline,
        objective=keras_tuner.Objective("objective", direction(plan.objective)),
        hyperparameters=plan.hyperparameters(),
        allow_new_entries=False,
        tune_new_entries=False,
        seed=plan.seed + 1,  # Keras Tuner takes 0 for none
        max_consecutive_failed_trials=max_trials + 1,  # failures do not end a search
        **options,
    )
    oracle.max_trials = max_trials
    oracle.verbose = 0
    return oracle
