"""What several commands share: their options, and the loading of TensorFlow."""

import pathlib
from typing import Annotated

import typer

DataDir = Annotated[
    pathlib.Path | None,
    typer.Option(help="Folder with the corpora; else $SEQZOO_DATA; else they are downloaded."),
]
Preset = Annotated[str, typer.Argument(help="Name or folder of a preset.")]


def load_libraries():
    """Loads TensorFlow, without its greetings, before a command imports what needs it."""
    from zoo import quiet_keras_hub  # noqa: F401
