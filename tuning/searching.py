"""Searching for the best hyper-parameters of an app, and making a preset of them."""

import contextlib
import dataclasses
import fcntl
import json
import math
import pathlib
import time

import tensorflow as tf

from apps import datasets, registry
from apps.datasets.corpora import IN_MEMORY
from apps.nearest import nearest_names
from apps.recipes import Recipe, read_recipe
from apps.training.fixed_shapes import needs_fixed_shapes
from apps.training.from_recipe import held_out_figures, learn, open_run, write_preset
from apps.training.stages import best_epoch
from tuning.objectives import direction, of_figures, standard_error, value_of
from tuning.oracles import make_oracle
from tuning.plan import FILE, make_plan, read_plan
from tuning.report import TrialSummary, read_trials
from tuning.strategies import check_name, make_strategy
from tuning.trial_logs import log_space
from tuning.trials import BudgetSpent, Tuner, copy_run
from tuning.workers import serve
from zoo import preset_files
from zoo.whole_files import write_whole

_OWN = "own_data"


@dataclasses.dataclass(frozen=True)
class SearchResult:
    """What a search has found.

    Attributes:
        best: The best `TrialSummary`; its preset is `preset`. Of Hyperband the best of those that
            had all epochs.
        trials: All, the best first.
        preset: Folder of the preset, for `zoo.load`.
        metrics: Its figures, as `metrics.json` has them.
    """

    best: TrialSummary
    trials: list
    preset: str
    metrics: dict


def search(
    app,
    train=None,
    validation=None,
    *,
    labels=None,
    space=None,
    algorithm="bayesian",
    objective=None,
    max_trials=20,
    max_minutes=None,
    max_parameters=None,
    max_megabytes=None,
    min_examples_per_second=None,
    strategy="auto",
    workers=0,
    address=None,
    directory=None,
    preset_dir=None,
    data_dir=None,
    seed=0,
    report=None,
):
    """Searches the hyper-parameters of an app, and makes a preset of the best trial.

    Each trial trains the recipe with values of its own, from the app's space in `tuning.spaces`;
    they are compared by `objective` on examples that are held out of the training part. The first
    has the recipe's own values. The validation part is used once, for the figure of the preset.

    All stands in `directory`: call `search` again with the same arguments after a kill, or with a
    larger budget, and it goes on where it stopped. `tensorboard --logdir DIRECTORY` shows the
    trials in the HParams plugin, and their curves. A trial that fails (too big, out of memory, a
    loss that is no number) is noted, and the search goes on.

    Args:
        app: A recipe (a `Recipe`, a dictionary or a JSON file), or an app, as a class or by name,
            with data.
        train: With an app the name of a corpus, or a `tf.data.Dataset` of single raw examples; see
            `apps.datasets.register`.
        validation: With a dataset another one, which the best trial is measured on at the end.
        labels: With a dataset the names of its labels; see `apps.datasets.register`.
        space: Changes of the app's space, a dictionary or a JSON file; see `tuning.spaces.suggest`.
        algorithm: `"random"`, `"bayesian"` or `"hyperband"`; the last gives each trial a part of
            the recipe's epochs, and the best ones more.
        objective: See `tuning.objectives`; by default the figure that the app is told by.
        max_trials: Number of trials, those before a kill counted in.
        max_minutes: Minutes after which no epoch begins, in this call; `None` for no end. The trial
            under way goes on when the search does.
        max_parameters: Models with more weights are skipped.
        max_megabytes: Models whose float16 weights take more are skipped (units of 10^6 bytes).
        min_examples_per_second: Models that score fewer examples in a batch of 64 are skipped.
        strategy: See `tuning.make_strategy`. A step takes the recipe's batch for each replica.
        workers: Number of processes of this machine that run trials; 0 for this process itself.
            Workers need a corpus with a name. One that dies is replaced, and its trial repeated.
        address: `HOST:PORT` where workers of other machines find this search; they share
            `directory` and are started with `seqzoo tune --worker HOST:PORT`.
        directory: Folder of the search; default `runs/NAME-search`.
        preset_dir: Folder of the preset; default `preset` in `directory`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        seed: Seed of the algorithm. Trials have the recipe's.
        report: A function that is called with the `TrialSummary` of each trial that ended.

    Returns:
        A `SearchResult`.

    Raises:
        ValueError: If an argument is wrong, or `directory` has another search, or other files.
        FileNotFoundError: If a file is missing.
        RuntimeError: If no trial ended well; it tells by what they failed.

    Example:
        >>> recipe = "saved_models/ner_uner_ewt/recipe.json"
        >>> result = search(recipe, max_trials=30, data_dir="corpora")  # doctest: +SKIP
    """
    if max_trials < 1:
        raise ValueError(f"`max_trials` must be at least 1, got {max_trials}.")
    if workers < 0:
        raise ValueError(f"`workers` must be 0 or more, got {workers}.")
    if max_minutes is not None and max_minutes <= 0:
        raise ValueError(f"`max_minutes` must be more than 0, got {max_minutes}.")
    recipe = _recipe(app, train, validation, labels)
    plan = make_plan(
        recipe,
        space,
        objective,
        algorithm=algorithm,
        max_parameters=max_parameters,
        max_megabytes=max_megabytes,
        min_examples_per_second=min_examples_per_second,
        seed=seed,
    )
    directory = pathlib.Path(directory or f"runs/{recipe.name}-search")
    preset_dir = preset_files.check_target(preset_dir or directory / "preset")
    in_processes = bool(workers or address)
    _check_places(strategy, in_processes, recipe)
    chosen = None if in_processes else make_strategy(strategy)
    if needs_fixed_shapes(chosen) and not hasattr(recipe.preprocessor, "sequence_length"):
        raise ValueError(f"`strategy` must not be a TPU for {recipe.app}, see the README.")
    datasets.load(recipe.data.name, "train", data_dir=data_dir)  # says what is missing
    _open(directory, plan)
    with _alone(directory):
        deadline = math.inf if max_minutes is None else time.monotonic() + 60 * max_minutes
        oracle = make_oracle(plan, max_trials, deadline=deadline)
        log_space(directory, oracle.hyperparameters, plan.objective)
        options = {"data_dir": data_dir, "deadline": deadline, "report": report}
        tuner = Tuner(plan, oracle, directory, strategy=chosen, **options)
        if in_processes and not oracle.is_over():
            serve(tuner, address, workers, strategy=strategy)
        elif not in_processes:
            try:
                tuner.search()
            except BudgetSpent:
                tuner.save()
        return _finish(tuner, directory, preset_dir)


def _check_places(strategy, in_processes, recipe):
    if not in_processes:
        return
    if recipe.data.name in IN_MEMORY:
        raise ValueError("`workers` need a corpus with a name, got a dataset of this process.")
    if not isinstance(strategy, str):
        raise ValueError(f"`strategy` of workers must be a name, got {type(strategy).__name__}.")
    check_name(strategy)


@contextlib.contextmanager
def _alone(directory):
    """Holds the folder of a search; `ValueError` if another process does."""
    with (directory / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"`directory` {directory} is in use: another process searches there."
            ) from None
        yield


def _finish(tuner, directory, preset_dir):
    """Makes the preset of the best trial."""
    trials = read_trials(directory)
    done = [trial for trial in trials if trial.status == "done"]
    if not done:
        reasons = "; ".join(f"trial {t.trial_id}: {t.reason or t.status}" for t in trials[:5])
        raise RuntimeError(f"No trial of the search in {directory} ended well. {reasons}")
    # Of Hyperband: those that had all epochs, if there are any.
    full = [trial for trial in done if tuner.has_all_epochs(trial.trial_id)]
    best = (full or done)[0]
    recipe = tuner.recipe(tuner.oracle.trials[best.trial_id])
    folder = tuner.folder(best.trial_id)
    if not full:
        copy_run(folder, directory / "finished")
        folder = directory / "finished"
    run = open_run(recipe, folder / "run", tuner.data_dir, 0, strategy=tuner.strategy)
    task = learn(recipe, run)
    held_out = value_of(
        tuner.plan.objective, best_epoch(run, task.monitor, direction(tuner.plan.app, task.monitor))
    )
    error = best.standard_error
    if not full:  # it has been trained further
        figures = held_out_figures(recipe, task, run)
        error = standard_error([of_figures(tuner.plan.objective, each) for each in figures])
    found = {
        "trials": len(trials),
        "algorithm": tuner.plan.algorithm,
        "objective": tuner.plan.objective,
        "held_out": round(held_out, 4),
        "standard_error": error and round(error, 4),
    }
    metrics = write_preset(recipe, task, run, preset_dir, search=found)
    return SearchResult(best, trials, str(preset_dir), metrics)


def _recipe(app, train, validation, labels):
    """The recipe to begin with."""
    declared = registry.of_task(app) if isinstance(app, type) else None
    name = declared.name if declared else app
    if isinstance(name, str) and name in registry.names():
        return read_recipe(_recipe_for(name, train, validation, labels))
    if train is not None:
        raise ValueError(
            f"`app` must be one of {registry.names()}, or its class, where `train` is given, got "
            f"{app!r}."
        )
    if isinstance(app, str) and not pathlib.Path(app).exists() and not app.endswith(".json"):
        raise ValueError(
            f"`app` must be an app or a recipe, got {app!r}; {nearest_names(app, registry.names())}"
        )
    recipe = app if isinstance(app, Recipe) else read_recipe(app)
    return recipe.model_copy(update={"name": f"{recipe.name}_tuned"})


def _recipe_for(app, train, validation, labels):
    """The recipe of an app with its defaults, for a corpus or a user's own data."""
    if isinstance(train, tf.data.Dataset):
        if validation is None:
            raise ValueError("`validation` must be a tf.data.Dataset where `train` is, got None.")
        datasets.register(_OWN, app, labels=labels, train=train, validation=validation)
        train = _OWN
    if not isinstance(train, str):
        raise ValueError(
            "`train` must be the name of a corpus or a tf.data.Dataset, got "
            f"{type(train).__name__}."
        )
    return {"name": f"{app}_{train}_tuned", "app": app, "data": {"name": train}}


def _open(directory, plan):
    """Makes the folder of a search, or opens the one that a kill has left."""
    if not (directory / FILE).exists():
        if directory.exists() and any(directory.iterdir()):
            raise ValueError(
                f"`directory` must be new, empty or that of this search, got {directory}, which "
                "has other files."
            )
        directory.mkdir(parents=True, exist_ok=True)
        text = json.dumps(plan.model_dump(mode="json"), indent=2)
        write_whole(directory / FILE, text)
        return
    known = read_plan(directory)
    if known != plan:
        fields = [
            name for name in type(plan).model_fields if getattr(known, name) != getattr(plan, name)
        ]
        raise ValueError(
            f"`directory` {directory} has another search: its {', '.join(fields)} differ. Give "
            "another folder, or remove it."
        )
