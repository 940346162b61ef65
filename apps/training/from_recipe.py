"""From a recipe to a preset, and from a preset to its figures."""

import contextlib
import functools
import itertools
import json
import pathlib
import time

import keras
import tensorflow as tf

from apps import datasets
from apps.recipes import Recipe, read_recipe
from apps.training.card import write_card
from apps.training.fixed_shapes import fixed_shapes, needs_fixed_shapes
from apps.training.measuring import describe_machine, peak_memory_gigabytes
from apps.training.stages import Clock, Run, check_warmup, fit, pretrain, training_data
from zoo import preset_files
from zoo.presets import load, locate
from zoo.whole_files import write_whole


def train(recipe, preset_dir=None, *, run_dir=None, data_dir=None, verbose="auto", strategy=None):
    """Trains a preset from its recipe.

    All that a run needs to go on after a kill lies in `run_dir`: call `train` again with the same
    arguments, and it goes on from its last checkpoint, within an epoch, too, and ends with the
    weights and the logs that it would have had without the kill. TensorBoard reads `run_dir/logs`.
    The preset folder is written whole, at the end, or not at all.

    Args:
        recipe: A `Recipe`, a dictionary or the path of a JSON file.
        preset_dir: Folder of the preset; default `saved_models/NAME`.
        run_dir: Folder of the run; default `runs/NAME`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        verbose: As in `keras.Model.fit`.
        strategy: A `tf.distribute.Strategy`, such as `tuning.make_strategy` gives; a step takes the
            recipe's batch size for each of its replicas.

    Returns:
        The figures, as `metrics.json` has them.

    Raises:
        ValueError: If the recipe is wrong, or `run_dir` has a run of another recipe.
        FileNotFoundError: If a file of the corpus is missing.

    Example:
        >>> train("saved_models/sentiment_sst2/recipe.json", data_dir="corpora")  # doctest: +SKIP
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    preset_dir = pathlib.Path(preset_dir or f"saved_models/{recipe.name}")
    preset_files.check_target(preset_dir)
    run = open_run(recipe, run_dir, data_dir, verbose, strategy=strategy)
    return write_preset(recipe, learn(recipe, run), run, preset_dir)


def open_run(recipe, run_dir=None, data_dir=None, verbose="auto", **options):
    """Makes the folder of a run, or opens the one that a kill has left.

    Args:
        recipe: A `Recipe`.
        run_dir: The folder; default `runs/NAME`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        verbose: As in `keras.Model.fit`.
        **options: Other fields of `apps.training.stages.Run`.

    Returns:
        An `apps.training.stages.Run`.

    Raises:
        ValueError: If `run_dir` has a run of another recipe.
    """
    run_dir = pathlib.Path(run_dir or f"runs/{recipe.name}")
    run_dir.mkdir(parents=True, exist_ok=True)
    file = run_dir / preset_files.RECIPE
    if not file.exists():
        write_whole(file, json.dumps(recipe.model_dump(mode="json"), indent=2))
    elif read_recipe(file) != recipe:
        raise ValueError(
            f"`run_dir` {run_dir} has a run of another recipe. Give another folder, or remove it."
        )
    fixed = needs_fixed_shapes(options.get("strategy"))
    return Run(run_dir, data_dir, verbose, Clock(run_dir), **{"fixed_shapes": fixed, **options})


def learn(recipe, run, check=None):
    """The trained app of a recipe.

    Args:
        recipe: A `Recipe`.
        run: The `Run` that `open_run` gave for it.
        check: A function that is called with the untrained app, and raises an error if it should
            not be trained.

    Returns:
        The app; with `data.holdout` with the weights of the best epoch.
    """
    keras.utils.set_random_seed(recipe.seed)
    with run.scope():
        task = recipe.build(run.folder, run.data_dir)
        if check is not None:
            check(task)
        check_warmup(recipe, run)  # before hours of pretraining
        with fixed_shapes(task) if run.fixed_shapes else contextlib.nullcontext():
            if recipe.pretraining:
                pretrain(recipe, task, run)
            fit(recipe, task, run)
    return task


def held_out_figures(recipe, task, run, count=10):
    """The figures of a trained app on parts of the examples that tell which epoch to keep.

    Args:
        recipe: The `Recipe` that it was trained from, with `data.holdout`.
        task: The app.
        run: Its `Run`.
        count: Number of parts; each has every `count`th example.

    Returns:
        A list of dictionaries of figures by name, of one part for each example if they are fewer.
        It is empty on another backend than TensorFlow, and on a TPU.
    """
    if run.fixed_shapes or keras.backend.backend() != "tensorflow":
        return []
    _, held_out = training_data(recipe, run)
    total, size = int(held_out.cardinality()), recipe.fit.batch_size * run.replicas
    count = min(count, total)
    parts = [held_out.shard(count, part) for part in range(count)]
    batches = [part.ragged_batch(size) for part in parts]
    together = functools.reduce(tf.data.Dataset.concatenate, batches)
    watch = _PartsOfEvaluation([int(part.cardinality()) for part in batches])
    with run.scope():
        task.compile()
        task.evaluate(together, callbacks=[watch], verbose=0)
    return [
        {**figures, **task.figures_of_answers(part, size)}
        for figures, part in zip(watch.figures, parts, strict=True)
    ]


class _PartsOfEvaluation(keras.callbacks.Callback):
    """Keeps the figures of parts of an evaluation, each of so many batches."""

    def __init__(self, batches):
        super().__init__()
        self.ends = set(itertools.accumulate(batches))
        self.figures = []

    def on_test_batch_end(self, batch, logs=None):
        if batch + 1 in self.ends:
            self.figures.append({name: float(value) for name, value in logs.items()})
            self.model.reset_metrics()


def write_preset(recipe, task, run, preset_dir, **more):
    """Writes the preset of a trained app, with figures and card; returns the figures.

    Args:
        recipe: The `Recipe` that it was trained from.
        task: The app.
        run: Its `Run`.
        preset_dir: Folder of the preset, which is replaced.
        **more: What else `metrics.json` has to tell.
    """
    machine = describe_machine()
    with preset_files.written_whole(preset_dir) as scratch:
        task.save_to_preset(scratch, weights_dtype="float16")
        recipe_json = json.dumps(recipe.model_dump(mode="json"), indent=2)
        (scratch / preset_files.RECIPE).write_text(recipe_json + "\n", "utf-8")
        figures = _report(recipe, scratch, run.data_dir)
        metrics = {**_metrics(recipe, task, figures, run.clock, machine, scratch), **more}
        (scratch / preset_files.METRICS).write_text(json.dumps(metrics, indent=2) + "\n", "utf-8")
        write_card(recipe, metrics, scratch / preset_files.CARD)
    return metrics


def evaluate(preset, split="validation", *, data_dir=None, batch_size=64):
    """Measures a preset on a part of its corpus, from raw text.

    Args:
        preset: Name or folder of a preset that was made from a recipe.
        split: A split of its corpus, such as `"validation"` or `"test"`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        batch_size: Number of texts that go through the network at once.

    Returns:
        Dictionary of the task's figures, such as `accuracy`, of `loss` (nats per text; not of
        taggers), `examples` and `seconds`.

    Raises:
        FileNotFoundError: If the preset has no recipe, or a file of the corpus is missing.
        ValueError: If preset or split are unknown.
    """
    folder = locate(preset)
    recipe = read_recipe(preset_files.find_file(folder, preset_files.RECIPE))
    task = load(folder)
    corpus = datasets.info(recipe.data.name)
    options = dict.fromkeys(corpus.report_options, True)
    examples = datasets.load(corpus.name, split, data_dir=data_dir, **options)
    start = time.perf_counter()
    figures = task.measure(examples, batch_size)
    seconds = time.perf_counter() - start
    count = int(examples.cardinality())
    return {**figures, "examples": count, "seconds": round(seconds, 1)}


def _report(recipe, folder, data_dir):
    """The figures of all parts, with the part before each name."""
    report = {}
    for split in recipe.data.report:
        figures = evaluate(str(folder), split, data_dir=data_dir)
        del figures["seconds"]
        report |= {f"{split}_{name}": round(value, 4) for name, value in figures.items()}
    return report


def _metrics(recipe, task, figures, clock, machine, folder):
    corpus = datasets.info(recipe.data.name)
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and (file.suffix == ".h5" or "assets" in file.parts)
    )
    return {
        "task": recipe.app,
        "description": recipe.description,
        "data": f"{recipe.data.name} (licence: {corpus.licence})",
        "licence": recipe.licence,
        "parameters": task.count_params(),
        "monitor": f"{recipe.data.report[0]}_{task.monitor}",
        "metrics": figures,
        "seed": recipe.seed,
        "training": {
            "minutes": round(clock.seconds() / 60, 1),
            "peak_memory_gigabytes": peak_memory_gigabytes(),
            **machine,
        },
        "sha256": {str(file.relative_to(folder)): preset_files.sha256(file) for file in files},
    }
