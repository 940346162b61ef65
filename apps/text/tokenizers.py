"""Words of a text, their places in it, and their ids."""

import collections
import pathlib

import keras
import keras_hub
import tensorflow as tf
import tensorflow_text as tf_text
from keras.src.saving import serialization_lib  # whether a model is loaded has no public place

from apps.datasets import read_utf8_lines
from zoo.backbones import RecurrentEncoder
from zoo.from_preset import FromPreset
from zoo.layers._checks import check_boolean

PADDING, UNKNOWN = "[PAD]", "[UNK]"
VOCABULARY_FILE = "vocabulary.txt"

_SPACE = r"<br\s*/?>|[\s\p{Z}\p{C}]+"
_TOKEN = (
    r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))\b"  # contractions
    r"|\b\d+(?:[.,:/]\d+)*\b"  # numbers, dates, times, fractions
    r"|\.{2,}"  # dots
    r"|[\p{P}\p{S}]"  # any other sign is a token of its own
)


@keras.saving.register_keras_serializable("apps")
class WordTokenizer(FromPreset, keras_hub.tokenizers.Tokenizer):
    """Splits text into words and signs and maps them to ids.

    A token is a run of letters, digits and marks, a number with its points
    (`3.5`, `10:30`), an English contraction as in the Penn Treebank (`do` +
    `n't`, `it` + `'s`), several dots, or a single sign. White space, control
    characters and HTML line breaks (`<br />`) separate tokens and are dropped.
    Tokens are then normalised: Unicode NFKC, straight apostrophes and, with
    `lowercase`, lower case. Offsets are those in the text as it came.

    Id 0 is padding, id 1 an unknown word, then come the words of `vocabulary`.

    Args:
        vocabulary: List of words, sorted by falling frequency, such as
            `keras.layers.TextVectorization.get_vocabulary` gives; a file with a word on each line;
            or `None`, to be loaded later by `from_preset`.
        lowercase: Whether tokens are turned to lower case.
        dtype: Integer dtype of the ids.

    Call arguments:
        inputs: A string, or a string tensor or list of strings `(B,)`.

    Returns:
        Ids: inside `tf.data` or a `tf.function` a ragged tensor `(B, None)`, for a single string
        a tensor `(T,)`; called eagerly a list of lists, as KerasHub's tokenizers give.

    Errors:
        TypeError: If a word is no string.
        ValueError: If a word stands twice in `vocabulary`, is empty, or has a line feed in it.
            Also if it is a path in a model that is loaded in Keras' safe mode.
        FileNotFoundError: If `vocabulary` is a path and there is no such file.

    Example:
        >>> tokenizer = WordTokenizer(["a", "film"])
        >>> tokenizer(["A witty film"])
        [[2, 1, 3]]

    Reference: Marcus et al. 1993 for the contractions; Unicode Standard Annex 15 (NFKC).
    """

    backbone_cls = RecurrentEncoder

    def __init__(self, vocabulary=None, lowercase=True, dtype="int32", **kwargs):
        check_boolean(lowercase=lowercase)
        super().__init__(dtype=dtype, **kwargs)
        self.lowercase = lowercase
        self.unknown_token = UNKNOWN
        self.file_assets = [VOCABULARY_FILE]
        self._words = None
        self.model_size = None  # number of ids of the model that it belongs to
        self.built = True  # a table, no weights
        if vocabulary is not None:
            self.set_vocabulary(vocabulary)

    def set_vocabulary(self, vocabulary):
        """Sets the words: a list, or a file with a word on each line."""
        if isinstance(vocabulary, (str, pathlib.Path)):
            if serialization_lib.in_safe_mode():
                raise ValueError(
                    f"`vocabulary` must be a list of words in a model that is loaded, got the path "
                    f"{str(vocabulary)!r}: a model from elsewhere could show any file. If you "
                    "trust it, load it with `safe_mode=False`."
                )
            vocabulary = _read_vocabulary(vocabulary)
        words = list(vocabulary)
        if words[:2] in ([PADDING, UNKNOWN], ["", UNKNOWN]):
            words = words[2:]
        _check_words(words)
        check_size(self.model_size, 2 + len(words))
        self._words = [PADDING, UNKNOWN, *words]
        # The table must outlive a `tf.function` in which the tokenizer is first used.
        with tf.init_scope():
            self._table = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self._words), tf.range(len(self._words), dtype=tf.int32)
                ),
                default_value=1,
            )

    @property
    def has_vocabulary(self):
        """Whether the words are set."""
        return self._words is not None

    def split(self, inputs):
        """The normalised tokens: a ragged string tensor `(B, None)` for `(B,)` strings."""
        tokens = tf_text.regex_split(_without_nul(inputs), *self._patterns())
        return tf.ragged.map_flat_values(self.normalise, tokens)

    def split_with_offsets(self, inputs):
        """The tokens as they came, with the bytes where they begin and end.

        Args:
            inputs: String tensor `(B,)`.

        Returns:
            Ragged tensors `(B, None)`: strings, first bytes, bytes after the last.
        """
        return tf_text.regex_split_with_offsets(_without_nul(inputs), *self._patterns())

    def tokenize(self, inputs):
        """The ids of the tokens; see the class."""
        inputs = tf.convert_to_tensor(inputs)
        single = inputs.shape.rank == 0
        tokens = self.split(inputs[None] if single else inputs)
        ids = tf.ragged.map_flat_values(self._lookup, tokens)
        return ids[0] if single else ids

    def word_ids(self, words):
        """The ids of ready-made words, a string tensor `(N,)`, which are normalised like tokens."""
        return self._lookup(self.normalise(words))

    def detokenize(self, inputs):
        """The words of the ids, joined by blanks: what the model sees of a text.

        Args:
            inputs: Ids `(T,)`, or `(B, None)` as a tensor, a ragged one, or a list of lists.
        """
        if isinstance(inputs, (list, tuple)):
            inputs = tf.ragged.constant(inputs, self.compute_dtype)
        words = tf.gather(tf.constant(self.get_vocabulary()), inputs)
        return tf.strings.reduce_join(words, axis=-1, separator=" ")

    def get_vocabulary(self):
        """All words in the order of their ids."""
        self._check_vocabulary()
        return list(self._words)

    def vocabulary_size(self):
        """Number of ids, padding and unknown included."""
        self._check_vocabulary()
        return len(self._words)

    def id_to_token(self, id):
        """The word of an id."""
        if not 0 <= id < self.vocabulary_size():
            raise ValueError(f"`id` must be in [0, {self.vocabulary_size()}), got {id}.")
        return self._words[id]

    def token_to_id(self, token):
        """The id of a word, 1 if it is unknown."""
        self._check_vocabulary()
        return int(self._table.lookup(tf.constant(token)))

    def save_assets(self, dir_path):
        """Writes the vocabulary into a folder."""
        file = pathlib.Path(dir_path) / VOCABULARY_FILE
        lines = "".join(f"{word}\n" for word in self.get_vocabulary())
        file.write_bytes(lines.encode("utf-8"))

    def load_assets(self, dir_path):
        """Reads the vocabulary from a folder."""
        self.set_vocabulary(_read_vocabulary(pathlib.Path(dir_path) / VOCABULARY_FILE))

    def get_config(self):
        return {**super().get_config(), "lowercase": self.lowercase}

    def _patterns(self):
        return f"(?i)(?:{_SPACE}|{_TOKEN})", f"(?i)(?:{_TOKEN})"

    def normalise(self, words):
        """Words as the vocabulary has them: a string tensor `(N,)` to one."""
        words = tf_text.normalize_utf8(words, "NFKC")
        words = tf.strings.regex_replace(words, "[‘’]", "'")
        return tf.strings.lower(words, encoding="utf-8") if self.lowercase else words

    def _lookup(self, tokens):
        self._check_vocabulary()
        return tf.cast(self._table.lookup(tokens), self.compute_dtype)

    def _check_vocabulary(self):
        if not self.has_vocabulary:
            raise ValueError("`vocabulary` of the WordTokenizer is not set: pass a list of words.")


def _check_words(words):
    """Raises an error for what is no word, stands twice, or would not be read as it was written."""
    for place, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"`vocabulary[{place}]` must be a string, got {word!r}.")
        if word in ("", PADDING, UNKNOWN):
            raise ValueError(
                f"`vocabulary` must have no {word!r} among its words: the ids 0 and 1, of padding "
                "and of unknown words, come before them."
            )
        if "\n" in word or word.endswith("\r"):
            raise ValueError(
                f"`vocabulary` must have words without line ends, a word being a line of its file, "
                f"got {word!r}."
            )
    twice = [word for word, count in collections.Counter(words).items() if count > 1]
    if twice:
        raise ValueError(f"`vocabulary` must have each word once, got twice: {twice[:5]}.")


def check_size(expected, found):
    """Raises `ValueError` if a vocabulary has more or fewer ids than a model embeds."""
    if expected not in (None, found):
        raise ValueError(
            f"`vocabulary` must have {expected} ids as the model that the tokenizer belongs to, "
            f"got {found}. Another model needs a tokenizer of its own."
        )


def learn_vocabulary(texts, tokenizer, size, min_count=1, *, others=()):
    """The most frequent tokens of a corpus.

    Args:
        texts: A `tf.data.Dataset`, or a list of them, of scalar strings, or of words, string
            tensors `(None,)`.
        tokenizer: A `WordTokenizer`; its own vocabulary is not used.
        size: Largest number of ids, padding and unknown included.
        min_count: Rarer tokens are left out.
        others: More datasets, whose most frequent tokens fill up what `texts` leaves of `size`.

    Returns:
        List of words by falling frequency, in all texts, ties in the order of first appearance.

    Raises:
        ValueError: If `size` leaves no room for words or nothing is frequent enough.
    """
    if size < 3:
        raise ValueError(f"`size` must be at least 3, got {size}.")
    counts = _count_tokens(texts, tokenizer)
    frequent = [word for word, count in counts.most_common(size - 2) if count >= min_count]
    if not frequent:
        raise ValueError(f"`texts` has no token that appears `min_count`={min_count} times.")
    if others:
        own, counts = set(frequent), counts + _count_tokens(others, tokenizer)
        more = [word for word, _ in counts.most_common(size - 2) if word not in own]
        kept = own | set(more[: size - 2 - len(own)])
        frequent = [word for word, _ in counts.most_common() if word in kept]
    return [word.decode("utf-8") for word in frequent]


def _count_tokens(texts, tokenizer):
    def tokens(batch):
        if batch.shape.rank == 1:
            return tokenizer.split(batch).flat_values
        return tokenizer.normalise(batch.flat_values)

    counts = collections.Counter()
    for part in texts if isinstance(texts, (list, tuple)) else [texts]:
        batches = part.ragged_batch(256).map(tokens, num_parallel_calls=tf.data.AUTOTUNE)
        for batch in batches.prefetch(tf.data.AUTOTUNE):
            counts.update(batch.numpy().tolist())
    for name in ("", PADDING, UNKNOWN):  # of ready-made words; they have no ids as words
        counts.pop(name.encode(), None)
    return counts


def _without_nul(inputs):
    """Blanks for NUL bytes, at which TensorFlow Text would stop reading."""
    return tf.strings.regex_replace(inputs, r"\x00", " ")


def _read_vocabulary(file):
    file = pathlib.Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"`vocabulary` names a file that is not there: {file}.")
    return read_utf8_lines(file)
