"""Answers to questions as lines and as JSON."""

from rich.text import Text

from apps.answers import not_blank, printable

_BAR = 20  # characters of a bar that stands for all the weight


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
        found = not_blank(
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
        line.append(f"\t{answer['score']:.3f}\t{printable(answer['question'])}")
        if answer["unknown_words"]:
            line.append(f"\n  unknown words: {printable(', '.join(answer['unknown_words']))}")
        for weight, sentence in zip(answer["attention"] or [], answer["sentences"]):
            line.append(f"\n  {weight:.2f} ")
            line.append(f"{'█' * round(_BAR * weight):<{_BAR}}", "cyan")
            line.append(f" {printable(sentence)}")
        return line
