"""Pig Latin: English words and what rules make of them."""

import re
from pathlib import Path

import tensorflow as tf

from apps.datasets.hashed_split import hashed_split
from apps.datasets.text_files import read_utf8_lines

_PATH = Path(__file__).with_name("pig_latin_words.txt")
_LETTERS = re.compile(r"[a-z]+")
_CLUSTER = re.compile(r"y?(?:qu|[b-df-hj-np-tv-xz])*")  # what comes before the first vowel


def to_pig_latin(word):
    """Returns the pig latin of an English word, in lower case.

    A word that begins with a vowel gets `way` at its end. Of any other, the consonants before the
    first vowel move to the end, and `ay` follows. `qu` counts as consonants; `y` is a consonant at
    the beginning of a word and a vowel after it. A word without vowels only gets `ay`.

    Other dialects end words that begin with a vowel in `yay`, `hay` or `ay`.

    Args:
        word: A word of the letters a to z, in any case.

    Raises:
        ValueError: The word is empty or has other characters.

    Example:
        >>> [to_pig_latin(word) for word in ("apple", "string", "square", "yellow", "rhythm")]
        ['appleway', 'ingstray', 'aresquay', 'ellowyay', 'ythmrhay']
    """
    lower = word.lower()
    if not _LETTERS.fullmatch(lower):
        raise ValueError(f"word: expected one of the letters a to z, got {word!r}")
    cluster = _CLUSTER.match(lower)[0]
    return f"{lower.removeprefix(cluster)}{cluster}ay" if cluster else f"{lower}way"


def load_pig_latin(split):
    """Returns a split of the corpus as a `tf.data.Dataset` of (English word, pig latin word).

    Where the words come from, and their licence: the first lines of `pig_latin_words.txt` beside
    this file. No word is in two splits: `hashed_split` puts 10% each into validation and test.

    Args:
        split: "train" (7,336 words), "validation" (951) or "test" (985).
    """
    words = [word for word in _read_words() if hashed_split(word, percent=10) == split]
    return tf.data.Dataset.from_tensor_slices((words, [to_pig_latin(word) for word in words]))


def _read_words():
    return [line for line in read_utf8_lines(_PATH) if not line.startswith("#")]
