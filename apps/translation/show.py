"""Translations as lines, as JSON and as pictures."""

from rich.text import Text

from apps.answers import printable
from apps.attention_picture import draw_attention


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
        return Text(printable(answer["translation"]))

    def draw(self, text, file):
        """Writes a picture of the attention with which a text is translated."""
        (answer,) = self.task.translate([text], return_attention=True)
        if not answer.text:
            raise ValueError(f"There is no translation to draw: got {text!r}.")
        draw_attention(answer.source_tokens, answer.target_tokens, answer.attention, file)
