"""The command `seqzoo ask`."""

import contextlib
import sys

import typer

from apps.cli.options import Preset, load_libraries


def ask(name: Preset):
    """Takes sentences and questions in turn, and answers the questions.

    A question ends in `?`; any other sentence goes on with the story. The line `forget` begins a
    new one; the end of the input, Ctrl-D, is the end.
    """
    load_libraries()
    from rich.console import Console

    import zoo
    from apps.question_answering.conversation import HELP, converse
    from apps.question_answering.show import AnswerPrinter
    from apps.question_answering.task import QuestionAnswerer

    task = zoo.load(name)
    if not isinstance(task, QuestionAnswerer):
        raise ValueError(f"`ask` is for question answerers, got the preset {name!r}.")
    show = AnswerPrinter(task)
    terminal = Console(soft_wrap=True, highlight=False) if sys.stdout.isatty() else None
    if sys.stdin.isatty():
        typer.echo(HELP)
    for answer in converse(show, _typed_lines()):
        terminal.print(answer) if terminal else typer.echo(str(answer))


def _typed_lines():
    """Yields the lines of standard input; on a terminal after a prompt, until Ctrl-D or Ctrl-C."""
    prompt = "> " if sys.stdin.isatty() else ""
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            yield input(prompt)
