"""Entities in sequences of tags."""

OUTSIDE = ("O", None)


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
        return any(split_tag(tag) != OUTSIDE for tag in tags)
    except ValueError:
        return False


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
