"""Sentences in batches of like length, as inputs of a network that tags their words."""

import numpy as np
import tensorflow as tf

from apps.core.raw_text import ragged_strings

_SENTENCES_AT_ONCE = 8192  # whose words are looked up in one go
_LONG = 64  # words of a sentence beyond which a batch has fewer sentences


def word_batches(preprocessor, sentences, batch_size):
    """Splits sentences into words, and these into batches.

    Args:
        preprocessor: A `TaggingPreprocessor`.
        sentences: List of strings, or of lists of words.
        batch_size: Number of sentences in a batch; fewer where they are long.

    Yields:
        Tuples of the indices of a batch's sentences, the network's inputs as arrays, and for each
        sentence its words and their offsets `(first, end)`, in characters.
    """
    for start in range(0, len(sentences), _SENTENCES_AT_ONCE):
        part = sentences[start : start + _SENTENCES_AT_ONCE]
        words, located = _words_of(preprocessor, part)
        features = preprocessor.features(words.values)
        features = {name: words.with_values(value) for name, value in features.items()}
        for rows in _groups(words.row_lengths().numpy(), batch_size):
            encoded = {name: tf.gather(value, rows).to_tensor() for name, value in features.items()}
            lengths = tf.gather(words.row_lengths(), rows)
            encoded["padding_mask"] = tf.sequence_mask(lengths)
            encoded = {name: value.numpy() for name, value in encoded.items()}  # for any backend
            yield rows + start, encoded, [located(row) for row in rows]


def pad_and_stack(outputs):
    """Puts the outputs of batches, dictionaries of `(B, T, ...)`, into one, padded by zeros."""
    longest = max(array.shape[1] for each in outputs for array in each.values())

    def padded(array):
        rest = [(0, 0)] * (array.ndim - 2)
        return np.pad(array, [(0, 0), (0, longest - array.shape[1]), *rest])

    return {name: np.concatenate([padded(each[name]) for each in outputs]) for name in outputs[0]}


def _words_of(preprocessor, sentences):
    """The words, ragged, and a function from a row to its words and offsets.

    A sentence without words has a word in the first, and none in the second.
    """
    if isinstance(sentences[0], str):
        tokens, starts, ends = preprocessor.tokenizer.split_with_offsets(tf.constant(sentences))
        starts, ends = starts.numpy(), ends.numpy()
        lists = tokens.to_list()

        def located(row):
            return _decoded(sentences[row], lists[row], starts[row], ends[row])

    else:
        tokens = ragged_strings(sentences)

        def located(row):
            return sentences[row], _joined_offsets(sentences[row])

    return preprocessor.filled(tokens), located


def _decoded(sentence, tokens, starts, ends):
    """Tokens and offsets in characters, from those in bytes."""
    tokens = [token.decode("utf-8") for token in tokens]
    if sentence.isascii():
        return tokens, list(zip(starts.tolist(), ends.tolist()))
    begins = np.cumsum([0, *(len(character.encode("utf-8")) for character in sentence)])
    starts, ends = np.searchsorted(begins, starts), np.searchsorted(begins, ends)
    return tokens, list(zip(starts.tolist(), ends.tolist()))


def _joined_offsets(words):
    """The offsets of words in a text of them with blanks between."""
    ends = np.cumsum([len(word) + 1 for word in words]) - 1 if words else np.zeros(0, int)
    starts = ends - [len(word) for word in words]
    return list(zip(starts.tolist(), ends.tolist()))


def _groups(lengths, batch_size):
    """Indices of sentences, the longest first, in groups that padding does not make too large."""
    order, first = np.argsort(-lengths, kind="stable"), 0
    while first < len(order):
        longest = lengths[order[first]]
        count = max(1, min(batch_size, batch_size * _LONG // longest))
        yield order[first : first + count]
        first += count
