"""Which tags of entities may follow which."""

import numpy as np

PREFIXES = {"B", "I", "E", "S"}


def allowed_moves(tags):
    """What IOB2 or BIOES allows: IOB2 where no tag begins with `E-` or `S-`.

    Args:
        tags: List of `C` tags, or `None`.

    Returns:
        Boolean arrays: `(C, C)` from a tag to the next, `(C,)` for the first, `(C,)` for the last.
        All true if the tags are not those of entities.
    """
    parts = [tuple(tag.split("-", 1)) if tag != "O" else ("O", None) for tag in tags or ()]
    classes = [part for part in parts if part[0] != "O"]
    if not classes or any(len(part) != 2 or part[0] not in PREFIXES for part in classes):
        return None
    ended = bool({"E", "S"} & {part[0] for part in classes})  # BIOES: entities have an end
    outside = ("O", None)
    moves = np.array([[_may_follow(a, b, ended) for b in parts] for a in parts])
    first = np.array([_may_follow(outside, b, ended) for b in parts])
    last = np.array([_may_follow(a, outside, ended) for a in parts])
    return moves, first, last


def _may_follow(before, after, ended):
    open_class = before[1] if before[0] in ("B", "I") else None
    goes_on = after[0] in ("I", "E")
    if goes_on:
        return open_class == after[1] and open_class is not None
    return not (ended and open_class is not None)
