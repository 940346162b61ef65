"""Raw stories, questions and answers: checked, and split into sentences."""

import re
from collections.abc import Sized

from apps.core.raw_text import check_texts, is_blank, is_missing, is_rows, rows_of

_SPACE = " \t\n\v\f\r"
# After a full stop and a blank, or at the end of a line.
_SENTENCE_END = re.compile(rf"(?<=[.!?])[{_SPACE}]+|[\r\n]+")


def check_stories(stories, questions, names=("stories", "questions")):
    """Stories as lists of sentences, and questions, or an error that names what is wrong.

    Args:
        stories: List of stories, each a list of sentences, or a string that is split after `.`, `!`
            and `?` and at line ends.
        questions: List of strings.
        names: How the caller names the two.

    Raises:
        TypeError: If one is not of these types.
        ValueError: If they differ in number, a story has no sentence, or a question no words.
    """
    questions = check_texts(questions, names[1])
    if not is_rows(stories):
        raise TypeError(
            f"`{names[0]}` must be a list of strings or of lists, got {type(stories).__name__}."
        )
    stories = rows_of(stories)
    if len(stories) != len(questions):
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` must have the same length, got {len(stories)} and "
            f"{len(questions)}."
        )
    stories = [_sentences(story, f"{names[0]}[{index}]") for index, story in enumerate(stories)]
    return stories, questions


def with_fillings(stories, questions):
    """Stories and questions, with others for those that are blank or missing, and the other rows.

    So the checks name the right row of what is wrong.
    """
    if not (is_rows(stories) and is_rows(questions)) or len(stories) != len(questions):
        return stories, questions, []
    stories, questions = rows_of(stories), rows_of(questions)
    kept = []
    for row, pair in enumerate(zip(stories, questions)):
        if any(is_missing(each) or (isinstance(each, Sized) and is_blank(each)) for each in pair):
            stories[row] = questions[row] = "?"
        else:
            kept.append(row)
    return stories, questions, kept


def split_sentences(story):
    """The sentences of a string: split after `.`, `!` and `?` and at line ends.

    Example:
        >>> split_sentences("Mary left. Where is she?\\nShe is at home.")
        ['Mary left.', 'Where is she?', 'She is at home.']
    """
    parts = (part.strip(_SPACE) for part in _SENTENCE_END.split(story))
    return [part for part in parts if part]


def check_answers(answers, known):
    """Raises `ValueError` if one of the answers is none of those that a model knows."""
    for index, answer in enumerate(answers):
        if answer not in known:
            raise ValueError(
                f"`y[{index}]` must be one of the answers {list(known)}, got {answer!r}."
            )


def _sentences(story, name):
    if not isinstance(story, str):
        return check_texts(story, name)
    sentences = split_sentences(story)
    if not sentences:
        raise ValueError(f"`{name}` must have a sentence, got a blank string.")
    return check_texts(sentences, name)
