"""Sentences and questions in turn."""

from apps.question_answering.stories import split_sentences

FORGET = "forget"
HELP = (
    "Tell me sentences, and ask questions, which end in '?'. "
    f"'{FORGET}' begins a new story; the end of input, Ctrl-D, ends it."
)


def converse(show, lines):
    """Answers the questions among lines of text, each on the sentences before it.

    Args:
        show: The printer of a `QuestionAnswerer`; see `apps.answers.printer`.
        lines: Iterable of strings. A part of a line that ends in `?` is a question, any other a
            sentence of the story; the line `forget` begins a new story.

    Yields:
        Answers as `rich.text.Text`, or strings that say why there is none.
    """
    story = []
    for line in lines:
        if line.strip().lower().rstrip(".!") == FORGET:
            story = []
            yield "The story is forgotten."
            continue
        for sentence in split_sentences(line):
            if not sentence.endswith("?"):
                story.append(sentence)
            elif not story:
                yield "There is no story yet: tell me a sentence first."
            elif not sentence.strip("? "):
                yield "A question must have words."
            else:
                show.read(story)
                (answer,) = show.answers([sentence], 1)
                yield show.line(answer)
