"""Splits of corpora that come without any."""

import hashlib


def hashed_split(key, percent):
    """Returns the split that a key belongs to, always the same: "train", "validation" or "test".

    The key's SHA-256 modulo 100 is below `percent` for validation, below twice that for test. Keys
    that are added to a corpus later thus move none of the others.

    Args:
        key: A string; what is to stay together must have the same.
        percent: Size of the validation split, and of the test split.

    Example:
        >>> [hashed_split(key, percent=20) for key in ("Hi", "Yes", "No")]
        ['validation', 'test', 'train']
    """
    bucket = int(hashlib.sha256(key.encode()).hexdigest(), 16) % 100
    if bucket < percent:
        return "validation"
    return "test" if bucket < 2 * percent else "train"
