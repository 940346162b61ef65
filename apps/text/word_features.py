"""What there is to know of a word besides its id: characters and casing."""

import tensorflow as tf

CHARACTER_IDS = 256
_BEGIN, _END = "\x01", "\x02"

CASINGS = (
    "padding",
    "lower",  # film
    "initial",  # Film, I
    "upper",  # FILM
    "mixed",  # eBay
    "number",  # 3.5, 10:30
    "with digit",  # B2B, 2nd
    "no letter",  # !
)


def character_ids(words, length):
    """The bytes of words in UTF-8, between a sign for the begin and one for the end.

    Args:
        words: String tensor `(N,)`.
        length: Number `L` of ids. A longer word keeps its first and last bytes.

    Returns:
        Uint8 tensor `(N, L)`, padded on the right by 0.

    Example:
        >>> character_ids(tf.constant(["at"]), 6).numpy().tolist()
        [[1, 97, 116, 2, 0, 0]]

    Reference: Gillick et al. 2016, arXiv:1512.00103 (bytes for characters).
    """
    words = tf.strings.regex_replace(words, r"[\x00-\x02]", " ")  # what has a meaning of its own
    words = tf.strings.join([_BEGIN, words, _END])
    sizes = tf.strings.length(words)  # in bytes
    tail = length - length // 2
    first = tf.strings.substr(words, 0, length - tail)
    last = tf.strings.substr(words, tf.maximum(sizes - tail, 0), tf.fill(tf.shape(words), tail))
    words = tf.where(sizes > length, tf.strings.join([first, last]), words)
    return tf.io.decode_raw(words, tf.uint8, fixed_length=length)


def casing_ids(words):
    """The index in `CASINGS` for each word.

    Args:
        words: String tensor `(N,)`, words as they came.

    Returns:
        Int32 tensor `(N,)`.

    Example:
        >>> casing_ids(tf.constant(["film", "Film", "FILM", "3.5", "!"])).numpy().tolist()
        [1, 2, 3, 5, 7]

    Reference: Collobert et al. 2011, arXiv:1103.0398, section 4.2.
    """
    patterns = [  # the first that fits a word counts
        ("number", r"[\d.,:/-]*\d[\d.,:/-]*"),
        ("with digit", r".*\d.*"),
        ("no letter", r"\P{L}*"),
        ("lower", r"\P{Lu}*"),
        ("initial", r"\p{Lu}\P{Lu}*"),
        ("upper", r"\P{Ll}*"),
    ]
    ids = tf.fill(tf.shape(words), CASINGS.index("mixed"))
    for name, pattern in reversed(patterns):
        fits = tf.strings.regex_full_match(words, f"(?s){pattern}")
        ids = tf.where(fits, CASINGS.index(name), ids)
    return ids
