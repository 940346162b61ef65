"""What a search goes by: seeds, directions, failures; no trial is run."""

import pytest
from tiny_search import RECIPE, SPACE

from apps import registry
from tuning.objectives import direction, value_of
from tuning.oracles import make_oracle
from tuning.plan import make_plan

LONG = {**RECIPE, "fit": {**RECIPE["fit"], "epochs": 9}}
RANGES = {**SPACE, "network.units": {"min": 4, "max": 400}}


def oracle_of(folder, max_trials=100, **options):
    oracle = make_oracle(make_plan(LONG, RANGES, **options), max_trials)
    oracle._set_project_dir(str(folder), "trials")
    return oracle


def end(oracle, trial, figure=None):
    """Ends a trial, with a figure or as one that failed."""
    trial.status = "FAILED" if figure is None else "COMPLETED"
    if figure is not None:
        oracle.update_trial(trial.trial_id, {"objective": figure})
    oracle.end_trial(trial)


def drawn(folder, seed, algorithm):
    """The values of the first trials."""
    oracle, found = oracle_of(folder, 9, seed=seed, algorithm=algorithm), []
    for number in range(4):
        trial = oracle.create_trial("a")
        found.append({**trial.hyperparameters.values})
        end(oracle, trial, float(number))
    return found


@pytest.mark.parametrize("algorithm", ["random", "bayesian", "hyperband"])
def test_the_seed_counts(tmp_path, algorithm):
    first, again, other = (
        drawn(tmp_path / str(number), seed, algorithm) for number, seed in enumerate((0, 0, 1))
    )
    assert first == again
    assert first[0] == other[0]  # the recipe's own values
    assert first[1:] != other[1:]


@pytest.mark.parametrize(
    ("objective", "best"), [("error", "1"), ("loss", "1"), ("accuracy", "2"), (None, "2")]
)
def test_the_best_trial_is_that_of_the_objective(tmp_path, objective, best):
    oracle = oracle_of(tmp_path, objective=objective)
    for figure in (0.3, 0.2, 0.4):
        end(oracle, oracle.create_trial("a"), figure)
    assert [int(trial.trial_id) for trial in oracle.get_best_trials(1)] == [int(best)]


def test_each_figure_has_its_direction():
    for app in registry.every():
        small = {name for name in app.metrics if direction(app.name, name) == "min"}
        assert small <= {"error", "loss", "mean_error", "failed_tasks"}
        assert "loss" in small
    assert direction("translation", "bleu_lowercase") == "max"
    assert direction("tagging", "f1_PER") == "max"
    logs = {"val_accuracy": "0.9", "val_loss": "2.5", "val_f1": "0.4", "accuracy": "1.0"}
    found = {name: value_of(name, logs) for name in ("accuracy", "error", "loss", "f1")}
    assert found == pytest.approx({"accuracy": 0.9, "error": 0.1, "loss": 2.5, "f1": 0.4})


def test_failed_trials_have_no_place_in_a_bracket_of_hyperband(tmp_path):
    """The best of those that ended well go on, as many as if none had failed."""
    oracle = oracle_of(tmp_path, algorithm="hyperband")
    ended, promoted = {}, []
    for number in range(25):
        trial = oracle.create_trial("a")
        before = trial.hyperparameters.values.get("tuner/trial_id")
        if before:
            promoted.append(before)
            end(oracle, trial, 1.0)
        elif number % 3 == 2:
            end(oracle, trial)  # failed
        else:
            ended[trial.trial_id] = float(number % 7)
            end(oracle, trial, ended[trial.trial_id])
        if len(promoted) == 2:
            break
    best = sorted(ended.values(), reverse=True)[:2]
    assert [ended[trial_id] for trial_id in promoted] == best
    assert len(ended) == _size_of_first_round(oracle)


def _size_of_first_round(oracle):
    return oracle._get_size(oracle._get_num_brackets() - 1, 0)
