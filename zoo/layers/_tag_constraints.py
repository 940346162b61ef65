"""Which tags of entities may follow which."""

import re

import numpy as np

PENALTY = -1e6  # more than potentials gain; where all paths break a rule, float32 still ranks them


def tag_penalties(tags):
    """Scores to add for what IOB2 or BIOES forbids.

    The scheme is BIOES where a tag is `E-` or `S-`, else IOB2. Where no tag begins with `B-`, or
    one is neither `O` nor has such a prefix, as parts of speech are, nothing is forbidden.

    - IOB2: `I-X` comes after `B-X` or `I-X`.
    - BIOES: `I-X` and `E-X` come after `B-X` or `I-X`, and nothing else does.

    Args:
        tags: List of `C` names.

    Returns:
        Float32 arrays, 0 for what is allowed, else `PENALTY`: `(C, C)` from a tag to the next,
        `(C,)` for the first, `(C,)` for the last.
    """
    found = [re.fullmatch("([BIES])-(.+)", tag) for tag in tags]
    parts = [match.groups() if match else ("O", None) for match in found]
    prefixes = {prefix for prefix, _ in parts}
    if "B" not in prefixes or any(not match and tag != "O" for match, tag in zip(found, tags)):
        parts = [("O", None)] * len(tags)
    ended, outside = bool(prefixes & {"E", "S"}), ("O", None)
    moves = [[_is_forbidden(a, b, ended) for b in parts] for a in parts]
    first = [_is_forbidden(outside, b, ended) for b in parts]
    last = [_is_forbidden(a, outside, ended) for a in parts]
    return [np.where(each, PENALTY, 0).astype("float32") for each in (moves, first, last)]


def _is_forbidden(before, after, ended):
    open_class = before[1] if before[0] in ("B", "I") else None
    if after[0] in ("I", "E"):
        return open_class != after[1]
    return ended and open_class is not None
