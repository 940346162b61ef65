"""Answers as lines for people and as JSON for programs: what `seqzoo predict` prints."""

import dataclasses
import re

from apps import registry
from apps.core.raw_text import is_blank


def printer(task):
    """What prints the answers of a task.

    Raises:
        ValueError: For a task without one.

    Example:
        >>> import zoo
        >>> show = printer(zoo.load("sentiment_sst2"))
        >>> show.line(show.answers(["A gorgeous, witty film."], 64)[0]).plain.split()[0]
        'positive'
    """
    app = registry.of_task(task)
    if app is None:
        raise ValueError(f"`task` must be an app whose answers can be printed, got {task!r}.")
    return registry.resolve(app.printer)(task)


def not_blank(texts, answer):
    """The answers, as dictionaries, to the texts that are not blank, by their place."""
    rows = [row for row, text in enumerate(texts) if not is_blank(text)]
    found = answer([texts[row] for row in rows]) if rows else []
    return dict(zip(rows, map(dataclasses.asdict, found)))


def printable(text):
    """The text without control characters, which would break the line, or the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)
