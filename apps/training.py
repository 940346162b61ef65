"""From a recipe to a preset, and from a preset to its figures."""

import json
import pathlib
import time

import keras

from apps import datasets
from apps.building import build_task
from apps.card import write_card
from apps.measuring import describe_machine, peak_memory_gigabytes
from apps.recipes import Recipe, read_recipe
from apps.stages import Clock, Run, fit, pretrain
from zoo import preset_files
from zoo.presets import load, locate


def train(recipe, preset_dir=None, *, run_dir=None, data_dir=None, verbose="auto"):
    """Trains a preset from its recipe.

    All that a run needs to go on after a kill lies in `run_dir`: call `train`
    again with the same arguments; an epoch that was cut short begins anew, with
    the weights of the last checkpoint. TensorBoard reads `run_dir/logs`. The preset
    folder is written whole, at the end, or not at all.

    Args:
        recipe: A `Recipe`, a dictionary or the path of a JSON file.
        preset_dir: Folder of the preset; default `saved_models/NAME`.
        run_dir: Folder of the run; default `runs/NAME`.
        data_dir: Folder with the corpora; see `apps.datasets.load`.
        verbose: As in `keras.Model.fit`.

    Returns:
        The figures, as `metrics.json` has them.

    Raises:
        ValueError: If the recipe is wrong, or `run_dir` has a run of another recipe.
        FileNotFoundError: If a file of the corpus is missing.

    Example:
        >>> train("saved_models/sentiment_sst2/recipe.json", data_dir="corpora")  # doctest: +SKIP
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    run_dir = pathlib.Path(run_dir or f"runs/{recipe.name}")
    preset_dir = pathlib.Path(preset_dir or f"saved_models/{recipe.name}")
    preset_files.check_target(preset_dir)
    open_run(recipe, run_dir)
    run, machine = Run(run_dir, data_dir, verbose, Clock(run_dir)), describe_machine()
    keras.utils.set_random_seed(recipe.seed)

    task = build_task(recipe, run_dir, data_dir)
    if recipe.pretraining:
        pretrain(recipe, task, run)
    fit(recipe, task, run)

    with preset_files.written_whole(preset_dir) as scratch:
        task.save_to_preset(scratch, weights_dtype="float16")
        recipe_json = json.dumps(recipe.model_dump(mode="json"), indent=2)
        (scratch / preset_files.RECIPE).write_text(recipe_json + "\n", "utf-8")
        figures = _report(recipe, scratch, data_dir)
        metrics = _metrics(recipe, task, figures, run.clock, machine, scratch)
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


def open_run(recipe, run_dir):
    """Makes the folder of a run, or opens the one that a kill has left."""
    run_dir.mkdir(parents=True, exist_ok=True)
    file = run_dir / preset_files.RECIPE
    if not file.exists():
        preset_files.write_whole(file, json.dumps(recipe.model_dump(mode="json"), indent=2))
    elif read_recipe(file) != recipe:
        raise ValueError(
            f"`run_dir` {run_dir} has a run of another recipe. Give another folder, or remove it."
        )


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
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".h5", ".spm", ".txt"))
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
