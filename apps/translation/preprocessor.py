"""Raw texts and their translations as inputs of a sequence-to-sequence network."""

import keras
import keras_hub
import tensorflow as tf

from apps.core.raw_text import is_scalar, takes_one
from apps.text.subword_tokenizer import SubwordTokenizer
from zoo.backbones import Seq2Seq
from zoo.from_preset import FromPreset
from zoo.layers._checks import check_boolean


@keras.saving.register_keras_serializable("apps")
class TranslationPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Turns sources and targets into the inputs of a `Seq2Seq`, and into labels.

    A source `x_1 ... x_n` becomes `x_1 ... x_n END`. A target becomes the decoder's input
    `START y_1 ... y_m` and the labels `y_1 ... y_m END`. Padding is on the right.

    Args:
        tokenizer: A `SubwordTokenizer`.
        sequence_length: Largest number of ids of a source, and of a target, with its end; longer
            ones are cut, and then have no end.
        pad_to_length: Whether to pad every batch to `sequence_length`, which gives the static
            shapes that TPUs want.

    Call arguments:
        x: Sources, a string tensor or list of strings `(B,)`; or one string, and all tensors are
            without their first axis.
        y: Targets, like `x`; without them the decoder's input is the start alone.
        sample_weight: A weight for each text `(B,)`.

    Returns:
        Dictionary of `source_ids (B, S)`, `source_mask (B, S)` and `target_ids (B, T)`; with `y` a
        tuple with the labels `(B, T)` and their weights `(B, T)`, 0 at padding.

    Errors:
        ValueError: If `sequence_length` is below 2.

    Example:
        >>> vocabulary = apps.learn_subwords([["ab", "ba"]], 10, kind="char")
        >>> preprocessor = TranslationPreprocessor(SubwordTokenizer(vocabulary))
        >>> x, labels, weights = preprocessor(["ab"], ["ba"])
        >>> x["source_ids"].shape == x["target_ids"].shape == labels.shape == (1, 4)
        True
    """

    backbone_cls = Seq2Seq
    tokenizer_cls = SubwordTokenizer

    def __init__(self, tokenizer, sequence_length=100, *, pad_to_length=False, **kwargs):
        if isinstance(sequence_length, bool) or not isinstance(sequence_length, int):
            raise ValueError(f"`sequence_length` must be an integer, got {sequence_length!r}.")
        if sequence_length < 2:
            raise ValueError(f"`sequence_length` must be 2 or more, got {sequence_length}.")
        check_boolean(pad_to_length=pad_to_length)
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.pad_to_length = pad_to_length

    def is_one(self, x, y):
        return is_scalar(x)

    @takes_one
    def call(self, x, y=None, sample_weight=None):
        inputs, _ = self.encode(x)
        if y is None:
            return {**inputs, "target_ids": self.starts(tf.shape(inputs["source_ids"])[0])}
        ids = self._ids(y)[0]  # (B, None)
        labels = self._dense(ids)  # (B, T)
        before = tf.concat([self.starts(tf.shape(labels)[0]), labels[:, :-1]], axis=1)
        target_ids = tf.where(before == self.tokenizer.end_id, 0, before)
        weights = tf.sequence_mask(ids.row_lengths(), tf.shape(labels)[1], tf.float32)
        if sample_weight is not None:
            weights *= tf.cast(sample_weight, tf.float32)[:, None]
        return {**inputs, "target_ids": target_ids}, labels, weights

    def encode(self, texts):
        """Inputs of the encoder for texts `(B,)`, and lengths `(B,)` in ids before a cut."""
        ids, lengths = self._ids(texts)
        source = self._dense(ids)
        mask = tf.sequence_mask(ids.row_lengths(), tf.shape(source)[1])
        return {"source_ids": source, "source_mask": mask}, lengths

    def starts(self, count):
        """The decoder's input before anything was chosen, `(count, 1)`."""
        return tf.fill([count, 1], self.tokenizer.start_id)

    def decode(self, ids):
        """The texts of ids `(B, T)`, up to the end, a string tensor `(B,)`."""
        ended = tf.cumsum(tf.cast(ids == self.tokenizer.end_id, tf.int32), axis=1) > 0
        kept = tf.logical_and(~ended, ids > self.tokenizer.end_id)
        return self.tokenizer.texts_of(tf.ragged.boolean_mask(ids, kept))

    def known(self, source_ids):
        """Whether there is anything known in sources `(B, S)`, a boolean tensor `(B,)`."""
        space = self.tokenizer.token_to_id("▁")
        known = tf.logical_and(source_ids > self.tokenizer.end_id, source_ids != space)
        return tf.reduce_any(known, axis=1)

    def _ids(self, texts):
        """Ids `(B, None)` with the end, cut, and the lengths before the cut."""
        ids = self.tokenizer.ids_of(texts)
        end = tf.fill([ids.nrows(), 1], tf.constant(self.tokenizer.end_id, ids.dtype))
        ids = tf.concat([ids, end], axis=1)
        return ids[:, : self.sequence_length], ids.row_lengths()

    def _dense(self, ids):
        return ids.to_tensor(shape=[None, self.sequence_length if self.pad_to_length else None])

    def get_config(self):
        return {
            **super().get_config(),
            "sequence_length": self.sequence_length,
            "pad_to_length": self.pad_to_length,
        }
