"""Tagged sentences as lines, as JSON and as CoNLL columns."""

import dataclasses

from rich.text import Text

from apps.answers import printable
from apps.datasets import write_conll

_STYLES = ("bold cyan", "bold magenta", "bold green", "bold yellow", "bold blue", "bold red")


class TaggingPrinter:
    """Prints words with their tags, or a sentence with its entities in brackets."""

    def __init__(self, task):
        self.task = task
        labels = (
            sorted({tag.partition("-")[2] for tag in task.tags}) if task.entities else task.tags
        )
        self.styles = {label: _STYLES[i % len(_STYLES)] for i, label in enumerate(labels)}

    def answers(self, sentences, batch_size):
        """A dictionary for each sentence, a string or a list of words."""
        answers = map(dataclasses.asdict, self.task.tag(sentences, batch_size=batch_size))
        return [{k: v for k, v in answer.items() if k != "scores"} for answer in answers]

    def line(self, answer):
        """The sentence with its tags; in colour where it goes to a terminal."""
        line, text, place = Text(), printable(answer["text"]), 0
        if self.task.entities:
            for span in answer["spans"]:
                line.append(text[place : span["start"]])
                entity = text[span["start"] : span["end"]]
                line.append(f"[{entity} {span['label']}]", self.styles[span["label"]])
                place = span["end"]
            line.append(text[place:])
            return line
        for word, tag in zip(answer["tokens"], answer["tags"]):
            line.append(f"{' ' if line else ''}{printable(word)}/")
            line.append(tag, self.styles[tag])
        return line

    def conll(self, answers):
        """The answers in CoNLL columns, a word and its tag a line."""
        return write_conll([(answer["tokens"], answer["tags"]) for answer in answers])
