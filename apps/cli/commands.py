"""The command `seqzoo`."""

import enum
import functools
import importlib.util
import json
import os
import pathlib
import sys
import warnings
from typing import Annotated

import typer

from apps import registry
from apps.cli.options import DataDir, Preset, load_libraries

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def start():
    """Recurrent sequence models: pretrained, on raw text."""
    if any(argument.partition("=")[0] == "--coordinator" for argument in sys.argv):
        # Before anything imports Keras; TensorFlow Text does.
        os.environ.setdefault("KERAS_BACKEND", "jax")


class Part(enum.StrEnum):
    """Parts of a corpus that a preset can be measured on."""

    validation = "validation"
    test = "test"
    train = "train"


@app.command("list")
def list_presets(
    task: Annotated[str | None, typer.Option(help="Only this task, such as 'sentiment'.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
):
    """The pretrained presets."""
    import dataclasses

    from zoo.presets import list_presets as presets

    found = presets(task)
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(preset) for preset in found], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "task", "parameters", "MB", "on the validation part")
    for preset in found:
        table.add_row(
            preset.name, preset.task, f"{preset.parameters:,}", f"{preset.megabytes}", preset.figure
        )
    Console().print(table)


@app.command()
def info(
    name: Preset,
    as_json: Annotated[bool, typer.Option("--json", help="metrics.json, for programs.")] = False,
):
    """The card of a preset."""
    from zoo import preset_files
    from zoo.presets import locate

    wanted = preset_files.METRICS if as_json else preset_files.CARD
    text = preset_files.find_file(locate(name), wanted).read_text("utf-8")
    if as_json or not sys.stdout.isatty():
        typer.echo(text.rstrip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


@app.command()
def predict(
    name: Preset,
    texts: Annotated[list[str] | None, typer.Argument(help="Texts, each in quotes.")] = None,
    file: Annotated[
        pathlib.Path | None, typer.Option(help="File with a text on each line; '-' for input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON object a line.")] = False,
    conll: Annotated[
        bool,
        typer.Option(
            "--conll",
            help="CoNLL columns, of a tagger: `--file` and standard input have a word a line, "
            "first or after a count as in CoNLL-U; the output has the words and their tags alone.",
        ),
    ] = False,
    output: Annotated[
        pathlib.Path | None, typer.Option(help="File for the answers; else they are printed.")
    ] = None,
    story: Annotated[
        pathlib.Path | None,
        typer.Option(help="File with the story that the texts, questions, are on."),
    ] = None,
    attention: Annotated[
        pathlib.Path | None,
        typer.Option(help="PNG file for a picture of what a translator looked at; of one text."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Texts at once.")] = 64,
):
    """Answers for texts: given here, in a file, or on standard input, a text a line.

    A classifier's line has label, score and text, with tabs between; a tagger's the words with
    their tags, or the sentence with its entities in brackets, in colour on a terminal; a
    translator's the translation. A blank line of a file gives a line without an answer. After the
    line of an answer to a question on a story come its sentences, each with its weight.
    """
    if conll and as_json:
        raise ValueError("Give `--conll` or `--json`, not both.")
    inputs = _inputs(texts, file, conll and not texts)
    if not any(each if isinstance(each, list) else each.strip() for each in inputs):
        raise ValueError("The input has no text: every line is blank.")
    _check_folders({"--output": output, "--attention": attention})
    load_libraries()
    import zoo
    from apps.answers import printer

    show = printer(zoo.load(name))
    if conll and not hasattr(show, "conll"):
        raise ValueError(f"`--conll` is for taggers, got the preset {name!r}.")
    if story:
        _read_story(show, story, name)
    if attention:
        _draw(show, inputs, attention, name)
    answers = show.answers(inputs, batch_size)
    if conll:
        _write(output, show.conll(answers))
    elif as_json:
        lines = [json.dumps(answer, ensure_ascii=False) for answer in answers]
        _write(output, "".join(f"{line}\n" for line in lines))
    elif output or not sys.stdout.isatty():
        _write(output, "".join(f"{show.line(answer).plain}\n" for answer in answers))
    else:
        from rich.console import Console

        for answer in answers:
            Console(soft_wrap=True, highlight=False).print(show.line(answer))


@app.command()
def train(
    recipe: Annotated[pathlib.Path, typer.Argument(help="JSON file; see the presets' own.")],
    output: Annotated[
        pathlib.Path | None, typer.Option(help="Preset folder; default saved_models/NAME.")
    ] = None,
    run_dir: Annotated[
        pathlib.Path | None, typer.Option(help="Logs and checkpoints; default runs/NAME.")
    ] = None,
    data_dir: DataDir = None,
    seed: Annotated[int | None, typer.Option(help="In place of the recipe's.")] = None,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes that share each batch, by JAX; on this machine.")
    ] = 1,
    coordinator: Annotated[
        str | None,
        typer.Option(
            help="HOST:PORT of process 0: this is one of `--processes`, which run elsewhere too."
        ),
    ] = None,
    process_id: Annotated[
        int | None, typer.Option(help="Which of them; 0 keeps the run and makes the preset.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the others at the start.")
    ] = 300,
):
    """Trains a preset from a recipe; after a kill the same command goes on where it stopped."""
    load_libraries()
    place = _place(processes, coordinator, process_id, wait)
    from apps.recipes import read_recipe
    from apps.training import train as train_preset

    recipe = read_recipe(recipe)
    if seed is not None:
        recipe = recipe.model_copy(update={"seed": seed})
    run_dir = run_dir or pathlib.Path("runs") / recipe.name
    output = output or pathlib.Path("saved_models") / recipe.name
    if place is not None:
        from apps.distributed.parallel import train_together

        train_preset = functools.partial(train_together, place=place)
    elif processes > 1:
        from apps.distributed.launch import launch

        launch(sys.argv[1:], processes)
        return
    typer.echo(f"watch: tensorboard --logdir {run_dir / 'logs'}")
    metrics = train_preset(recipe, preset_dir=output, run_dir=run_dir, data_dir=data_dir)
    if metrics is None:  # process 0 has the preset
        return
    typer.echo(f"preset: {output}")
    for figure, value in metrics["metrics"].items():
        typer.echo(f"{figure}: {value:g}")


@app.command()
def evaluate(
    name: Preset,
    split: Annotated[Part, typer.Option(help="Part of the preset's corpus.")] = Part.validation,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, for programs.")] = False,
):
    """Measures a preset on a part of its corpus, from raw text."""
    load_libraries()
    from apps.training import evaluate as measure

    figures = measure(name, split.value, data_dir=data_dir)
    if as_json:
        typer.echo(json.dumps(figures))
        return
    for figure, value in figures.items():
        typer.echo(f"{figure}: {value:g}")


@app.command()
def export(
    name: Preset,
    folder: Annotated[pathlib.Path, typer.Argument(help="Where the SavedModel goes.")],
):
    """Exports a preset as a SavedModel that takes strings."""
    if folder.exists():
        raise ValueError(f"`folder` must not be there yet: {folder}.")
    load_libraries()
    import zoo

    zoo.load(name).export(folder)
    typer.echo(f"SavedModel: {folder}")


@app.command()
def demo(
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of fine-tuning.")] = 4,
    run_dir: Annotated[pathlib.Path, typer.Option(help="Where the logs go.")] = pathlib.Path(
        "runs/demo"
    ),
):
    """The main job in a minute or two: load, classify, fine-tune, evaluate, watch."""
    load_libraries()
    from apps.cli.demo import run_demo

    run_demo(run_dir, epochs, typer.echo)


for _app in registry.every():
    for _name, _command in _app.commands.items():
        app.command(_name)(registry.resolve_alone(_command))


def _place(processes, coordinator, process_id, wait):
    """The `Place` of this process among others, or `None`."""
    if processes > 1 and importlib.util.find_spec("jax") is None:
        raise ValueError("`--processes` needs JAX, which is not there: pip install seqzoo[jax].")
    if coordinator is None and process_id is None:
        return None
    if coordinator is None or process_id is None:
        raise ValueError(
            "`--coordinator` and `--process-id` must come together, got "
            f"{coordinator!r} and {process_id!r}."
        )
    backend = os.environ.get("KERAS_BACKEND")
    if backend != "jax":
        raise ValueError(f"KERAS_BACKEND must be 'jax' with `--coordinator`, got {backend!r}.")
    from apps.distributed.parallel import Place

    return Place(processes, process_id, coordinator, wait)


def _inputs(texts, file, conll):
    """Texts, or sentences of words, as lists."""
    if texts and file:
        raise ValueError("Give texts or `--file`, not both.")
    if texts:
        return list(texts)
    if file is None and (sys.stdin is None or sys.stdin.isatty()):
        raise ValueError("No text came: give texts, `--file`, or standard input.")
    from apps.datasets import parse_words
    from apps.datasets.text_files import decode_utf8, split_lines

    if file is None or str(file) == "-":
        name, data = "standard input", sys.stdin.buffer.read()
    elif file.is_file():
        name, data = str(file), file.read_bytes()
    else:
        raise FileNotFoundError(f"`--file` names a file that is not there: {file}.")
    text = decode_utf8(data, name)
    return parse_words(text, name) if conll else split_lines(text)


def _read_story(show, file, name):
    """Gives the printer the story of a file."""
    if not hasattr(show, "read"):
        raise ValueError(f"`--story` is for question answerers, got the preset {name!r}.")
    if not file.is_file():
        raise FileNotFoundError(f"`--story` names a file that is not there: {file}.")
    from apps.datasets.text_files import read_utf8

    story = read_utf8(file)
    if not story.strip():
        raise ValueError(f"`--story` must have sentences, got a blank file: {file}.")
    show.read(story)


def _draw(show, inputs, file, name):
    """Draws the attention of a single text."""
    if not hasattr(show, "draw"):
        raise ValueError(f"`--attention` is for translators, got the preset {name!r}.")
    if len(inputs) != 1:
        raise ValueError(f"`--attention` draws one text, got {len(inputs)}.")
    show.draw(inputs[0], file)
    typer.echo(f"attention: {file}", err=True)


def _check_folders(files):
    """Raises an error, before any work, if a file could not be written where its option says."""
    for option, file in files.items():
        if file is not None and not file.parent.is_dir():
            raise FileNotFoundError(f"`{option}` names a folder that is not there: {file.parent}.")
        if file is not None and file.is_dir():
            raise IsADirectoryError(f"`{option}` must be a file, got the folder {file}.")


def _write(file, text):
    """Writes a text to a file, whole or not at all, or to standard output."""
    if file is None:
        typer.echo(text, nl=False)
        return
    from zoo.whole_files import write_whole

    write_whole(file, text)


def main():
    """Runs the command; an error is told in a line; $SEQZOO_TRACEBACK shows where it came from."""
    warnings.showwarning = lambda message, *args, **kwargs: typer.echo(
        f"seqzoo: {message}", err=True
    )
    try:
        app()
    except Exception as error:
        if os.environ.get("SEQZOO_TRACEBACK"):
            raise
        kind = "" if isinstance(error, (ValueError, TypeError, OSError)) else type(error).__name__
        hint = f" ({kind}; SEQZOO_TRACEBACK=1 shows where)" if kind else ""
        typer.echo(f"seqzoo: error: {error}{hint}", err=True)
        sys.exit(2)
