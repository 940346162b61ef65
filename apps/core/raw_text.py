"""Raw strings through an app: check them, batch them by length, restore their order."""

import functools
import re
import unicodedata
import warnings
from collections.abc import Mapping, Set

import keras
import numpy as np
import tensorflow as tf

# What no tokenizer makes a word of: line breaks of HTML, and characters of these categories.
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_NOTHING = {"Zs", "Zl", "Zp", "Cc", "Cf", "Co"}


def is_rows(values):
    """Whether it is a sequence: a list, a NumPy array, a tensor, a pandas Series; not a string."""
    if isinstance(values, (list, tuple)):
        return True
    if isinstance(values, np.ndarray) or _is_array(values):
        return values.ndim > 0
    others = (str, bytes, Mapping, Set, keras.utils.PyDataset)
    if isinstance(values, others) or tf.is_tensor(values):
        return False
    one_axis = getattr(values, "ndim", 1) == 1  # two are those of a table
    return one_axis and hasattr(values, "__len__") and hasattr(values, "__getitem__")


def _is_array(values):
    """Whether it is a tensor of TensorFlow that has values, in rows of one length."""
    return tf.is_tensor(values) and hasattr(values, "numpy") and hasattr(values, "ndim")


def rows_of(values):
    """A sequence as a list of Python's own values."""
    if tf.is_tensor(values):
        decode = np.vectorize(bytes.decode, otypes=[object])
        values = decode(values.numpy()) if values.dtype == tf.string else values.numpy()
    return values.tolist() if hasattr(values, "tolist") else list(values)


def is_missing(value):
    """Whether a row of a table has nothing there: `None`, NaN or pandas' `NA`."""
    nan = isinstance(value, float) and value != value
    return value is None or nan or type(value).__name__ == "NAType"


def takes_one(call):
    """Decorator of a preprocessor's `call`: one raw input, without a batch, has tensors without.

    The preprocessor's `is_one(x, y)` tells whether they are one.
    """

    @functools.wraps(call)
    def with_a_batch(self, x, y=None, sample_weight=None):
        if not self.is_one(x, y):
            return call(self, x, y, sample_weight)
        batches = [None if part is None else _batch_of(part) for part in (x, y, sample_weight)]
        return tf.nest.map_structure(lambda each: each[0], call(self, *batches))

    return with_a_batch


def _batch_of(part):
    if isinstance(part, Mapping):
        return {name: _batch_of(value) for name, value in part.items()}
    return tf.convert_to_tensor(part)[None]


def is_scalar(x):
    """Whether raw input is one string, and no batch of them."""
    return isinstance(x, (str, bytes)) or (tf.is_tensor(x) and x.shape.rank == 0)


def is_list_of_scalars(x):
    """Whether raw input is strings, and no batch of lists of them."""
    if isinstance(x, (list, tuple)):
        return bool(x) and is_scalar(x[0])
    return tf.is_tensor(x) and x.shape.rank == 1


def check_texts(texts, name="texts", blank=False):
    """The texts as a list, or an error that names the one that is not a text.

    Args:
        texts: A sequence of strings; see `is_rows`.
        name: How the caller names the argument.
        blank: Whether a text may be blank.

    Raises:
        TypeError: If `texts` is no list, or holds something that is not a string.
        ValueError: If `texts` is empty, or a text is blank or not valid Unicode.
    """
    if not is_rows(texts):
        raise TypeError(f"`{name}` must be a list of strings, got {shown(texts)}.")
    texts = rows_of(texts)
    if not texts:
        raise ValueError(f"`{name}` must have at least one text, got an empty list.")
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"`{name}[{index}]` must be a string, got {shown(text)}.")
        if not blank and is_blank(text):
            raise ValueError(f"`{name}[{index}]` must have words in it, got {text!r}.")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ValueError(f"`{name}[{index}]` is not valid Unicode: {error}.") from None
    return texts


def check_sentences(sentences, name):
    """The sentences as a list, of strings or of lists of words; or an error, see `check_texts`."""
    if not is_rows(sentences):
        return check_texts(sentences, name, blank=True)
    sentences = rows_of(sentences)
    if not sentences or not is_rows(sentences[0]):
        return check_texts(sentences, name, blank=True)
    for index, words in enumerate(sentences):
        if not is_rows(words):
            raise TypeError(
                f"`{name}[{index}]` must be a list of words as `{name}[0]` is, got {shown(words)}."
            )
        if len(words):
            check_texts(words, f"{name}[{index}]", blank=True)
    return [rows_of(words) for words in sentences]


def answered(rows, on_blank, check, answer):
    """The answers for rows, in their order.

    Args:
        rows: A sequence of strings, or of lists of strings.
        on_blank: `"error"` if `check` decides on rows that are blank or missing, `"none"` if their
            answer is `None`.
        check: A function from the rows, and whether they may be blank, to a list of them, or an
            error that names the wrong one.
        answer: A function from a list of rows to the list of their answers.
    """
    if not asks_for_none(on_blank):
        return answer(check(rows, False))
    if is_rows(rows):
        rows = rows_of(rows)
        nothing = [] if any(map(is_rows, rows)) else ""
        rows = [nothing if is_missing(row) else row for row in rows]
    rows = check(rows, True)
    kept = [place for place, row in enumerate(rows) if not is_blank(row)]
    answers = [None] * len(rows)
    for place, found in zip(kept, answer([rows[place] for place in kept]) if kept else ()):
        answers[place] = found
    return answers


def asks_for_none(on_blank):
    """Whether blank rows get the answer `None`."""
    if on_blank not in ("error", "none"):
        raise ValueError(f"`on_blank` must be 'error' or 'none', got {on_blank!r}.")
    return on_blank == "none"


def is_blank(row):
    """Whether a string has nothing but space and control characters, or a list no element."""
    if not isinstance(row, str):
        return not len(row)
    return all(unicodedata.category(char) in _NOTHING for char in _BREAK.sub("", row))


def ragged_strings(rows):
    """Lists of strings, any of them empty, as a ragged tensor `(B, None)`."""
    return tf.ragged.constant([list(row) for row in rows], dtype=tf.string, ragged_rank=1)


def checked_names(argument, names, least=2):
    """The names of classes as a tuple; `ValueError` if they are not so many different strings."""
    rows = rows_of(names) if is_rows(names) else []
    strings = all(isinstance(name, str) for name in rows)
    if not strings or len(rows) < least or len(set(rows)) < len(rows):
        count = "two or more" if least == 2 else "one or more"
        raise ValueError(
            f"`{argument}` must be a list of {count} different strings, got {shown(names)}."
        )
    return tuple(rows)


def check_batch_size(batch_size):
    if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"`batch_size` must be a positive integer, got {batch_size!r}.")


def predict_texts(task, texts, batch_size):
    """The task's outputs for raw texts, in their order.

    Args:
        task: A task whose preprocessor has `encode`; see `text_batches`.
        texts: List of strings.
        batch_size: Number of texts that go through the network at once.

    Returns:
        NumPy array, a row for each text.
    """
    outputs = [None] * len(texts)
    for rows, batch in text_batches(task, texts, batch_size):
        # The batches are encoded: they pass by the preprocessing of the task's own `predict`.
        for row, output in zip(rows, keras.Model.predict_on_batch(task, batch)):
            outputs[row] = output
    return np.stack(outputs)


def text_batches(task, texts, batch_size, unit="words"):
    """Batches of texts of similar length, so that their order makes no difference to the speed.

    At the end a warning tells how many were cut.

    Args:
        task: A task whose preprocessor has `encode`, which also tells the lengths before cutting.
        texts: List of strings.
        batch_size: Number of texts of a batch.
        unit: What lengths count.

    Yields:
        Tuples of the indices of a batch's texts, and the network's inputs as NumPy arrays.
    """
    order = np.argsort([len(text) for text in texts], kind="stable")[::-1]
    batches = _encode([texts[index] for index in order], task, batch_size)
    lengths = []
    for start, (batch, counts) in zip(range(0, len(texts), batch_size), batches):
        lengths.extend(counts)
        yield order[start : start + batch_size], batch
    _report_cuts(np.array(lengths), task.preprocessor.sequence_length, unit)


def _encode(texts, task, batch_size):
    """Yields batches of the network's inputs and lengths, as NumPy arrays."""
    if len(texts) <= batch_size:  # building a pipeline would take longer than the answer
        yield keras.tree.map_structure(np.asarray, task.preprocessor.encode(tf.constant(texts)))
        return
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(batch_size)
    encoded = dataset.map(task.preprocessor.encode, num_parallel_calls=tf.data.AUTOTUNE)
    yield from encoded.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()


def _report_cuts(lengths, sequence_length, unit):
    cut = int(np.sum(lengths > sequence_length))
    if cut:
        warnings.warn(
            f"{cut} of {len(lengths)} texts are longer than `sequence_length`={sequence_length} "
            f"{unit} and were cut to it; the longest has {lengths.max()}.",
            stacklevel=4,
        )


def shown(value):
    """A value for an error: its type, and how it begins."""
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:60] + '...'}"
