"""Classifications as lines and as JSON."""

from rich.text import Text

from apps.answers import not_blank, printable


class ClassificationPrinter:
    """Prints label, score and text, with tabs between."""

    def __init__(self, task):
        self.task = task

    def answers(self, texts, batch_size):
        """A dictionary for each text; a blank one has no label."""
        found = not_blank(texts, lambda kept: self.task.classify(kept, batch_size=batch_size))
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
        text = printable(" ".join(answer["text"].split()))
        return Text(f"{answer['label']}\t{answer['score']:.3f}\t{text}")
