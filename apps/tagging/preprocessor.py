"""From sentences and their tags to what a tagger's network takes."""

import keras
import keras_hub
import tensorflow as tf

from apps.core.raw_text import (
    checked_names,
    is_list_of_scalars,
    is_scalar,
    ragged_strings,
    takes_one,
)
from apps.text.tokenizers import WordTokenizer
from apps.text.word_features import casing_ids, character_ids
from zoo.backbones import RecurrentEncoder
from zoo.from_preset import FromPreset


@keras.saving.register_keras_serializable("apps")
class TaggingPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Turns sentences, or their ready-made words, into the inputs of a `RecurrentEncoder`.

    A word becomes its id, its characters and its casing. Sentences are padded on the right to the
    longest of the batch; one without any word becomes a single unknown word, without a tag.
    No sentence is cut.

    Args:
        tokenizer: A `WordTokenizer`.
        tags: Names of the tags, in the order of their ids.
        word_length: Number `L` of characters of a word that the network sees; of a longer word
            the first and the last ones. They are bytes of UTF-8, and two signs for begin and end.

    Call arguments:
        x: Sentences, a string tensor or list `(B,)`, which the tokenizer splits; or their words,
            a ragged string tensor `(B, None)`; or one string, or the words and the tags
            of one sentence, and all tensors are without their first axis.
        y: Tags of the words, a ragged string tensor `(B, None)`.
        sample_weight: Passed through.

    Returns:
        Dictionary of `token_ids (B, T)`, `char_ids (B, T, L)`, `casing_ids (B, T)` and
        `padding_mask (B, T)`; with `y` a tuple of it and the ids of the tags `(B, T)`, -1 at
        padding, as `keras.Model.fit` takes it.

    Errors:
        ValueError: If `tags` is empty or has a tag twice, or `word_length` is below 4.
        tf.errors.InvalidArgumentError: For a tag that is not of `tags`, or a sentence with more or
            fewer tags than words.

    Example:
        >>> preprocessor = TaggingPreprocessor(WordTokenizer(["see", "paris"]), ["O", "B-LOC"])
        >>> x, y = preprocessor(tf.ragged.constant([["See", "Paris"]]), [["O", "B-LOC"]])
        >>> x["token_ids"].numpy().tolist(), y.numpy().tolist()
        ([[2, 3]], [[0, 1]])
    """

    backbone_cls = RecurrentEncoder
    tokenizer_cls = WordTokenizer

    def __init__(self, tokenizer, tags, *, word_length=16, **kwargs):
        if not isinstance(word_length, int) or word_length < 4:
            raise ValueError(f"`word_length` must be an integer >= 4, got {word_length!r}.")
        tags = checked_names("tags", tags, least=1)
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.tags = tags
        self.word_length = word_length
        with tf.init_scope():  # the table must outlive a `tf.function` in which it is first used
            self._tag_ids = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(self.tags, tf.string), tf.range(len(self.tags))
                ),
                default_value=-1,
            )

    def is_one(self, x, y):
        return is_scalar(x) or is_list_of_scalars(y)

    @takes_one
    def call(self, x, y=None, sample_weight=None):
        encoded, lengths = self.encode(x)
        if y is not None:
            y = self.tag_ids(y, lengths)
        return keras.utils.pack_x_y_sample_weight(encoded, y, sample_weight)

    def encode(self, texts):
        """The network's inputs for sentences, and their lengths `(B,)` in words."""
        words = self.words(texts)
        lengths = words.row_lengths()
        words = self.filled(words)
        encoded = {
            name: words.with_values(value).to_tensor()
            for name, value in self.features(words.values).items()
        }
        return {**encoded, "padding_mask": tf.sequence_mask(words.row_lengths())}, lengths

    def filled(self, words):
        """The words `(B, None)` with an unknown one for each sentence that has none."""
        count = tf.cast(words.row_lengths() == 0, tf.int64)
        unknown = tf.fill([tf.reduce_sum(count)], self.tokenizer.unknown_token)
        return tf.concat([words, tf.RaggedTensor.from_row_lengths(unknown, count)], axis=1)

    def words(self, texts):
        """The words of sentences as they came, a ragged tensor `(B, None)`."""
        if isinstance(texts, tf.RaggedTensor):
            return texts
        if isinstance(texts, (list, tuple)) and texts and isinstance(texts[0], (list, tuple)):
            return ragged_strings(texts)
        texts = tf.convert_to_tensor(texts)
        if texts.shape.rank == 2:
            return tf.RaggedTensor.from_tensor(texts)
        return self.tokenizer.split_with_offsets(texts)[0]

    def features(self, words):
        """What the network sees of words `(N,)`: a dictionary of integer tensors `(N, ...)`."""
        return {
            "token_ids": self.tokenizer.word_ids(words),
            "char_ids": character_ids(words, self.word_length),
            "casing_ids": casing_ids(words),
        }

    def tag_ids(self, tags, lengths):
        """The ids `(B, T)` of tags, -1 at padding, for sentences of these lengths."""
        if isinstance(tags, (list, tuple)):
            tags = ragged_strings(tags)
        if not isinstance(tags, tf.RaggedTensor):
            tags = tf.RaggedTensor.from_tensor(tags)
        agree = tags.row_lengths() == lengths
        first = tf.argmin(tf.cast(agree, tf.int32))
        ids = self._tag_ids.lookup(tags.values)
        unknown = tf.boolean_mask(tags.values, ids < 0)
        rows = tf.boolean_mask(tags.value_rowids(), ids < 0)
        with tf.control_dependencies(
            [
                tf.debugging.Assert(
                    tf.reduce_all(agree),
                    [
                        "`y` must have a tag for each word. In the example with this index of its "
                        "batch, words and tags are:",
                        first,
                        lengths[first],
                        tags.row_lengths()[first],
                    ],
                ),
                tf.debugging.Assert(
                    tf.equal(tf.size(unknown), 0),
                    [
                        f"`y` must have tags of {list(self.tags)}. Others, and the index of their "
                        "example in its batch, are:",
                        unknown,
                        rows,
                    ],
                ),
            ]
        ):
            ids = tf.identity(ids)
        padded = tags.with_values(ids).to_tensor(-1)
        missing = tf.reduce_max(tf.maximum(lengths, 1)) - tf.shape(padded, tf.int64)[1]
        return tf.pad(padded, [[0, 0], [0, missing]], constant_values=-1)

    def get_config(self):
        config = {"tags": list(self.tags), "word_length": self.word_length}
        return {**super().get_config(), **config}
