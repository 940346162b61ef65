"""The answer of a tagger."""

import dataclasses

from apps.tagging.spans import is_entity_tags, tag_spans


@dataclasses.dataclass(frozen=True)
class Span:
    """An entity in a sentence.

    Attributes:
        label: Its class.
        start: Index of its first character in the sentence.
        end: Index after its last character.
        text: The characters between them.
    """

    label: str
    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True)
class TaggedSentence:
    """The answer for one sentence.

    Attributes:
        text: The sentence; of ready-made words, these with blanks between.
        tokens: Its words, as they came.
        offsets: Index of the first character and the index after the last one, for each word.
        tags: A tag for each word.
        scores: The probability of each tag, `None` where it was not asked for.
        spans: The entities, from left to right, where the tags are of entities; else empty.
    """

    text: str
    tokens: list
    offsets: list
    tags: list
    scores: list | None
    spans: list


def tagged_sentence(sentence, tokens, offsets, tags, scores, known):
    """The answer for a sentence, a string or a list of words.

    Args:
        sentence: It.
        tokens: Its words.
        offsets: Where they are in its text.
        tags: Their tags.
        scores: The probabilities of these, or `None`.
        known: All tags of the tagger: only if they are those of entities are there spans.
    """
    text = sentence if isinstance(sentence, str) else " ".join(tokens)
    spans = []
    for label, first, end in tag_spans(tags) if is_entity_tags(known) else ():
        begin, stop = offsets[first][0], offsets[end - 1][1]
        spans.append(Span(label, begin, stop, text[begin:stop]))
    return TaggedSentence(text, tokens, offsets, tags, scores, spans)
