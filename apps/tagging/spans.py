"""Entities in sequences of tags."""

import re

OUTSIDE = ("O", None)
_OTHER_NAMES = {"U": "S", "L": "E"}  # of BILOU in BIOES


def tag_spans(tags):
    """The entities that a sentence's tags stand for.

    The rules are those of conlleval: a tag that should go on with an entity but cannot, since it
    comes after `O`, after the end of one, or after another class, begins an entity of its own.

    Args:
        tags: List of tags, in IOB2 (`B-`, `I-`, `O`) or BIOES (`E-` and `S-` besides).

    Returns:
        List of `(label, first, end)` from left to right: tokens `first` to `end - 1`.

    Raises:
        ValueError: For a tag of another kind.

    Example:
        >>> tag_spans(["B-PER", "I-PER", "O", "I-LOC", "B-LOC"])
        [('PER', 0, 2), ('LOC', 3, 4), ('LOC', 4, 5)]

    Reference: Tjong Kim Sang and Buchholz 2000, "Introduction to the CoNLL-2000 Shared Task".
    """
    spans, before = [], OUTSIDE
    for position, parts in enumerate(map(split_tag, tags)):
        if begins_span(before, parts):
            spans.append((parts[1], position, position + 1))
        elif parts != OUTSIDE:
            label, first, _ = spans.pop()
            spans.append((label, first, position + 1))
        before = parts
    return spans


def is_entity_tags(tags):
    """Whether names of tags are those of entities: all in IOB2 or BIOES, not all of them `O`.

    Example:
        >>> is_entity_tags(["O", "B-PER", "I-PER"]), is_entity_tags(["NOUN", "VERB"])
        (True, False)
    """
    try:
        parts = [split_tag(tag) for tag in tags]
    except ValueError:
        return False
    return any(each != OUTSIDE for each in parts)


def check_tag_names(tags):
    """Raises `ValueError` for names of tags of which some are those of entities, and some not.

    They would be tags without entities.
    """
    names = [tag for tag in tags if isinstance(tag, str)]
    if "O" not in names or not any(re.match("[BSUL]-.", tag) for tag in names):
        return
    odd = [tag for tag in names if tag != "O" and not re.match("[BIES]-.", tag)]
    if not odd:
        return
    if all(re.match("[UL]-.", tag) for tag in odd):
        raise ValueError(
            f"`tags` must be in IOB2 or BIOES, got {odd[0]!r} of BILOU. `apps.to_iob2` converts "
            "the tags of a sentence."
        )
    raise ValueError(
        f"`tags` must all be of entities, in IOB2 or BIOES, got {odd[0]!r} beside {names}."
    )


def to_iob2(tags):
    """The tags of a sentence in IOB2, which stand for the same entities.

    Args:
        tags: List of tags in IOB1, in which only an entity right after another of its class begins
            with `B-`; in IOB2; in BIOES, also called IOBES; or in BILOU, also called BIOUL.

    Returns:
        List of tags.

    Raises:
        ValueError: For a tag of another kind.

    Example:
        >>> to_iob2(["I-PER", "I-PER", "O", "U-LOC"])
        ['B-PER', 'I-PER', 'O', 'B-LOC']

    Reference: Ratinov and Roth 2009, "Design Challenges and Misconceptions in Named Entity
    Recognition", section 3 (BILOU); Tjong Kim Sang and Veenstra 1999, "Representing Text Chunks"
    (IOB1, IOB2).
    """
    known = [
        f"{_OTHER_NAMES.get(tag[0], tag[0])}{tag[1:]}" if isinstance(tag, str) and tag else tag
        for tag in tags
    ]
    converted = ["O"] * len(known)
    for label, first, end in tag_spans(known):
        converted[first:end] = [f"B-{label}", *[f"I-{label}"] * (end - first - 1)]
    return converted


def split_tag(tag):
    """A tag's prefix and label: `("B", "PER")` of `"B-PER"`, `OUTSIDE` of `"O"`.

    Raises:
        ValueError: For a tag that is neither of IOB2 nor of BIOES.
    """
    if tag == "O":
        return OUTSIDE
    prefix, _, label = tag.partition("-") if isinstance(tag, str) else ("", "", "")
    if prefix not in ("B", "I", "E", "S") or not label:
        raise ValueError(
            "`tags` must be 'O', or 'B-', 'I-', 'E-' or 'S-' and a label, such as 'B-PER' "
            f"(IOB2 or BIOES), got {tag!r}."
        )
    return prefix, label


def begins_span(before, parts):
    """Whether an entity begins at a tag, given as its parts, as is the tag before it."""
    if parts == OUTSIDE:
        return False
    return parts[0] in "BS" or before[0] in "ES" or before[1] != parts[1]
