"""Raw texts as inputs of an encoder."""

import keras
import keras_hub
import tensorflow as tf

from apps.core.raw_text import is_scalar, takes_one
from apps.text.tokenizers import WordTokenizer
from zoo.backbones import RecurrentEncoder
from zoo.from_preset import FromPreset
from zoo.layers._checks import check_boolean


@keras.saving.register_keras_serializable("apps")
class SentimentPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Turns raw texts into the inputs of a `RecurrentEncoder`.

    Words become ids, padded on the right to the longest text of the batch. A
    text without any word becomes a single unknown word.

    Args:
        tokenizer: A `WordTokenizer`.
        sequence_length: Largest number of words; longer texts are cut.
        truncate: What a cut removes, `"end"` or `"middle"`.
        pad_to_length: Whether to pad every batch to `sequence_length`, which
            gives the static shapes that TPUs want.

    Call arguments:
        x: A string tensor or list of strings `(B,)`; or one string, and all tensors are without
            their first axis.
        y: Labels, passed through.
        sample_weight: Passed through.

    Returns:
        Dictionary of `token_ids (B, T)` and `padding_mask (B, T)`; with `y`
        and `sample_weight` a tuple, as `keras.Model.fit` takes it.

    Errors:
        ValueError: If `sequence_length` is below 2 or `truncate` is unknown.

    Example:
        >>> preprocessor = SentimentPreprocessor(WordTokenizer(["a", "film"]))
        >>> preprocessor(["A film"])["token_ids"].numpy().tolist()
        [[2, 3]]
    """

    backbone_cls = RecurrentEncoder
    tokenizer_cls = WordTokenizer

    def __init__(
        self, tokenizer, sequence_length=400, *, truncate="middle", pad_to_length=False, **kwargs
    ):
        if not isinstance(sequence_length, int) or sequence_length < 2:
            raise ValueError(f"`sequence_length` must be an integer >= 2, got {sequence_length!r}.")
        if truncate not in ("end", "middle"):
            raise ValueError(f"`truncate` must be 'end' or 'middle', got {truncate!r}.")
        check_boolean(pad_to_length=pad_to_length)
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.truncate = truncate
        self.pad_to_length = pad_to_length

    def is_one(self, x, y):
        return is_scalar(x)

    @takes_one
    def call(self, x, y=None, sample_weight=None):
        encoded, _ = self.encode(x)
        return keras.utils.pack_x_y_sample_weight(encoded, y, sample_weight)

    def encode(self, texts):
        """The network's inputs for texts `(B,)`, and the lengths `(B,)` in words before a cut."""
        ids = self.tokenizer.tokenize(tf.convert_to_tensor(texts))  # (B, None)
        lengths = ids.row_lengths()
        empty = tf.cast(lengths == 0, tf.int64)
        unknown = tf.ones([tf.reduce_sum(empty)], ids.dtype)
        unknown = tf.RaggedTensor.from_row_lengths(unknown, empty)
        ids = tf.concat([self.cut(ids), unknown], axis=1)
        width = self.sequence_length if self.pad_to_length else None
        mask = tf.sequence_mask(ids.row_lengths(), width)
        return {"token_ids": ids.to_tensor(shape=[None, width]), "padding_mask": mask}, lengths

    def cut(self, words):
        """What is left of words, a ragged tensor `(B, None)`, that are too many."""
        if self.truncate == "end":
            return words[:, : self.sequence_length]
        half = self.sequence_length // 2
        end = words[:, half:][:, half - self.sequence_length :]
        return tf.concat([words[:, :half], end], axis=1)

    def words(self, texts):
        """The words of texts `(B,)` as they came, a ragged tensor `(B, None)`."""
        return self.tokenizer.split_with_offsets(texts)[0]

    def features(self, words):
        """What the network sees of words `(N,)`."""
        return {"token_ids": self.tokenizer.word_ids(words)}

    def get_config(self):
        return {
            **super().get_config(),
            "sequence_length": self.sequence_length,
            "truncate": self.truncate,
            "pad_to_length": self.pad_to_length,
        }
