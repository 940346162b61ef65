"""The command `seqzoo`, with the search."""

import json
import pathlib
import sys
import time
from typing import Annotated

import typer

from apps.cli.commands import app, main
from apps.cli.options import DataDir, load_libraries

__all__ = ["app", "main"]


@app.command()
def tune(
    recipe: Annotated[
        str | None, typer.Argument(help="JSON file of a recipe, or an app, with --corpus.")
    ] = None,
    corpus: Annotated[str | None, typer.Option(help="Corpus for an app, such as sst2.")] = None,
    space: Annotated[
        pathlib.Path | None,
        typer.Option(help="JSON file: a value, list or range by hyper-parameter; the rest stays."),
    ] = None,
    algorithm: Annotated[str, typer.Option(help="random, bayesian or hyperband.")] = "bayesian",
    objective: Annotated[
        str | None, typer.Option(help="Such as accuracy, f1, bleu, error; default the app's own.")
    ] = None,
    max_trials: Annotated[
        int | None, typer.Option(help="Trials in all, default 20; of a worker its own.")
    ] = None,
    max_minutes: Annotated[float | None, typer.Option(help="Minutes of this call.")] = None,
    max_parameters: Annotated[int | None, typer.Option(help="Skip what has more weights.")] = None,
    max_megabytes: Annotated[float | None, typer.Option(help="Skip what takes more.")] = None,
    min_examples_per_second: Annotated[
        float | None, typer.Option(help="Skip what scores fewer.")
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="auto, cpu, gpu, mirrored, tpu or tpu:NAME.")
    ] = "auto",
    workers: Annotated[int, typer.Option(help="Processes here that run trials.")] = 0,
    chief: Annotated[
        str | None, typer.Option(help="HOST:PORT where workers elsewhere find this search.")
    ] = None,
    worker: Annotated[
        str | None, typer.Option(help="HOST:PORT of a chief whose trials to run here.")
    ] = None,
    directory: Annotated[
        pathlib.Path | None, typer.Option(help="Folder of the search; default runs/NAME-search.")
    ] = None,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Preset folder; default DIRECTORY/preset.")
    ] = None,
    data_dir: DataDir = None,
    seed: Annotated[int, typer.Option(help="Seed of the algorithm.")] = 0,
):
    """Searches hyper-parameters; the best trial becomes a preset.

    After a kill, or with a larger budget, the same command goes on where it stopped. Several
    machines that share the folder: `seqzoo tune RECIPE --chief HOST:PORT --directory DIR` on one,
    `seqzoo tune --worker HOST:PORT --directory DIR` on the others.
    """
    load_libraries()
    if worker is not None:
        if directory is None or recipe is not None or chief is not None:
            raise ValueError("`--worker` needs `--directory`, and neither a recipe nor `--chief`.")
        from tuning.workers import work

        limits = {} if max_minutes is None else {"deadline": time.monotonic() + 60 * max_minutes}
        limits |= {} if max_trials is None else {"max_trials": max_trials}
        work(worker, directory, data_dir=data_dir, strategy=strategy, **limits)
        return
    if recipe is None:
        raise ValueError("No recipe came: give its JSON file, or an app with `--corpus`.")
    from apps import datasets, registry
    from tuning.report import remark, show_figure
    from tuning.searching import search

    if recipe in registry.names() and corpus is None:
        names = [name for name in datasets.NAMES if datasets.info(name).task == recipe]
        raise ValueError(f"`--corpus` is missing, for {recipe} one of {', '.join(names)}.")

    def tell(trial):
        what = trial.reason or f"{show_figure(trial)}, {trial.minutes:.1f} minutes"
        typer.echo(f"trial {trial.trial_id} {trial.status}: {what}")

    result = search(
        recipe,
        corpus,
        space=space,
        algorithm=algorithm,
        objective=objective,
        max_trials=20 if max_trials is None else max_trials,
        max_minutes=max_minutes,
        max_parameters=max_parameters,
        max_megabytes=max_megabytes,
        min_examples_per_second=min_examples_per_second,
        strategy=strategy,
        workers=workers,
        address=chief,
        directory=directory,
        preset_dir=output,
        data_dir=data_dir,
        seed=seed,
        report=tell,
    )
    typer.echo(f"best: trial {result.best.trial_id}, preset: {result.preset}")
    if found := remark(result.trials):
        typer.echo(found)
    for figure, value in result.metrics["metrics"].items():
        typer.echo(f"{figure}: {value:g}")


@app.command()
def trials(
    directory: Annotated[pathlib.Path, typer.Argument(help="Folder of a search.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
):
    """The trials of a search, the best first, read back from their TensorBoard logs."""
    load_libraries()
    import dataclasses

    from tuning.plan import read_plan
    from tuning.report import read_trials, trials_table

    found = read_trials(directory)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(trial) for trial in found], indent=2))
        return
    from rich.console import Console

    width = None if sys.stdout.isatty() else 120
    Console(width=width).print(trials_table(found, read_plan(directory).objective))
