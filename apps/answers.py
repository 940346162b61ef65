"""Answers as lines for people and as JSON for programs: what `seqzoo predict` prints."""

import dataclasses
import re

from rich.text import Text

from apps.attention_picture import draw_attention
from apps.datasets import write_conll
from apps.question_answering import QuestionAnswerer
from apps.raw_text import is_blank
from apps.sentiment import SentimentClassifier
from apps.tagging import Tagger
from apps.translation import Translator

_BAR = 20  # characters of a bar that stands for all the weight
_STYLES = ("bold cyan", "bold magenta", "bold green", "bold yellow", "bold blue", "bold red")


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
    kinds = {
        QuestionAnswerer: AnswerPrinter,
        SentimentClassifier: ClassificationPrinter,
        Tagger: TaggingPrinter,
        Translator: TranslationPrinter,
    }
    for kind, cls in kinds.items():
        if isinstance(task, kind):
            return cls(task)
    raise ValueError(f"`task` must be an app whose answers can be printed, got {task!r}.")


class ClassificationPrinter:
    """Prints label, score and text, with tabs between."""

    def __init__(self, task):
        self.task = task

    def answers(self, texts, batch_size):
        """A dictionary for each text; a blank one has no label."""
        found = _not_blank(texts, lambda kept: self.task.classify(kept, batch_size=batch_size))
        none = {"label": None, "score": None}
        answers = [found.get(row, none) for row in range(len(texts))]
        return [
            {**{name: answer[name] for name in none}, "text": text}
            for answer, text in zip(answers, texts)
        ]

    def line(self, answer):
        """The answer in a line; a tab or a line feed of the text would break it."""
        if answer["label"] is None:
            return Text()
        text = _printable(" ".join(answer["text"].split()))
        return Text(f"{answer['label']}\t{answer['score']:.3f}\t{text}")


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
        line, text, place = Text(), _printable(answer["text"]), 0
        if self.task.entities:
            for span in answer["spans"]:
                line.append(text[place : span["start"]])
                entity = text[span["start"] : span["end"]]
                line.append(f"[{entity} {span['label']}]", self.styles[span["label"]])
                place = span["end"]
            line.append(text[place:])
            return line
        for word, tag in zip(answer["tokens"], answer["tags"]):
            line.append(f"{' ' if line else ''}{_printable(word)}/")
            line.append(tag, self.styles[tag])
        return line

    def conll(self, answers):
        """The answers in CoNLL columns, a word and its tag a line."""
        return write_conll([(answer["tokens"], answer["tags"]) for answer in answers])


class TranslationPrinter:
    """Prints the translation alone, a line a text; and draws what the network looked at."""

    def __init__(self, task):
        self.task = task

    def answers(self, texts, batch_size):
        """A dictionary for each text."""
        found = self.task.translate(texts, batch_size=batch_size)
        return [
            {"translation": answer.text, "score": answer.score, "text": text}
            for answer, text in zip(found, texts)
        ]

    def line(self, answer):
        """The translation."""
        return Text(_printable(answer["translation"]))

    def draw(self, text, file):
        """Writes a picture of the attention with which a text is translated."""
        (answer,) = self.task.translate([text], return_attention=True)
        if not answer.text:
            raise ValueError(f"There is no translation to draw: got {text!r}.")
        draw_attention(answer.source_tokens, answer.target_tokens, answer.attention, file)


class AnswerPrinter:
    """Prints answer, score and question, with tabs between, then the weight of each sentence."""

    def __init__(self, task):
        self.task = task
        self.story = None

    def read(self, story):
        """Takes the story, a string or a list of sentences, that the questions are on."""
        self.story = story

    def answers(self, questions, batch_size):
        """A dictionary for each question; a blank one has no answer."""
        if self.story is None:
            raise ValueError("There is no story: give `--story`, a file of text.")
        found = _not_blank(
            questions,
            lambda kept: self.task.answer([self.story] * len(kept), kept, batch_size=batch_size),
        )
        none = {"text": None, "score": None, "attention": None}
        none |= {"unknown_words": [], "sentences": []}
        pairs = [(found.get(row, none), question) for row, question in enumerate(questions)]
        return [
            {
                "answer": answer["text"],
                "score": answer["score"],
                "question": question,
                **{name: answer[name] for name in ("unknown_words", "sentences", "attention")},
            }
            for answer, question in pairs
        ]

    def line(self, answer):
        """The answer in a line, then the words that the model never saw, and bars of weights."""
        if answer["answer"] is None:
            return Text()
        line = Text.assemble((answer["answer"], "bold"))
        line.append(f"\t{answer['score']:.3f}\t{_printable(answer['question'])}")
        if answer["unknown_words"]:
            line.append(f"\n  unknown words: {_printable(', '.join(answer['unknown_words']))}")
        for weight, sentence in zip(answer["attention"] or [], answer["sentences"]):
            line.append(f"\n  {weight:.2f} ")
            line.append(f"{'█' * round(_BAR * weight):<{_BAR}}", "cyan")
            line.append(f" {_printable(sentence)}")
        return line


def _not_blank(texts, answer):
    """The answers, as dictionaries, to the texts that are not blank, by their place."""
    rows = [row for row, text in enumerate(texts) if not is_blank(text)]
    found = answer([texts[row] for row in rows]) if rows else []
    return dict(zip(rows, map(dataclasses.asdict, found)))


def _printable(text):
    """The text without control characters, which would break the line, or the terminal."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text)
