"""Stories of numbered sentences with questions in between, as the bAbI tasks have them."""

import re

from apps.datasets.text_files import read_utf8_lines

_LINE = re.compile(r"([0-9]+) (\S.*)")


def read_babi(path):
    r"""Returns the questions of a file as tuples `(story, question, answer, supporting)`.

    A line is `number sentence` or `number question<TAB>answer<TAB>numbers`, the last being the
    numbers of the sentences that support the answer. The number 1 begins a new story.

    `story` is the tuple of all sentences before the question in its story, without the earlier
    questions; `supporting` the tuple of the indices into it, in the order of the file. An answer of
    several words, `milk,apple`, is one string. White space around the texts is dropped.

    Args:
        path: A file.

    Raises:
        ValueError: The file is not UTF-8, or a line is malformed; the message names file and line.

    Example:
        >>> read_babi("qa1_train.txt")[0]  # doctest: +SKIP
        (('Mary moved to the bathroom.', 'John went to the hallway.'), 'Where is Mary?', ...)
    """
    questions, story, indices, last = [], [], {}, 0  # indices into the story, by number
    for line, text in enumerate(read_utf8_lines(path), start=1):
        place = f"{path}, line {line}"
        number, text = _numbered(text, last, place)
        last = int(number)
        if last == 1:
            story, indices = [], {}
        if "\t" in text:
            questions.append((tuple(story), *_question(text, indices, place)))
        else:
            indices[number] = len(story)
            story.append(text.strip())
    return questions


def _numbered(text, last, place):
    """Returns the number, as in the file, and the rest of a line."""
    match = _LINE.fullmatch(text)
    if not match or ("?" in text and "\t" not in text):
        raise ValueError(
            f"{place}: expected 'number sentence' or 'number question<TAB>answer<TAB>numbers', "
            f"got {text!r}"
        )
    if int(match[1]) not in {1, last + 1}:
        expected = f"{last + 1}, or 1 for a new story" if last else "1"
        raise ValueError(f"{place}: expected the number {expected}, got {match[1]}")
    return match.groups()


def _question(text, indices, place):
    columns = [column.strip() for column in text.split("\t")]
    if len(columns) != 3 or not all(columns):
        raise ValueError(
            f"{place}: expected 'question<TAB>answer<TAB>numbers of sentences', got {text!r}"
        )
    question, answer, numbers = columns
    for number in numbers.split():
        if number not in indices:
            raise ValueError(
                f"{place}: expected the number of a sentence before it in its story, got {number!r}"
            )
    return question, answer, tuple(indices[number] for number in numbers.split())
