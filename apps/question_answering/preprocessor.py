"""Stories and questions as inputs of a network that answers them."""

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
from zoo.from_preset import FromPreset


@keras.saving.register_keras_serializable("apps")
class QuestionAnsweringPreprocessor(FromPreset, keras_hub.models.Preprocessor):
    """Turns stories and questions into word ids.

    Signs such as the full stop are words too. Padding is 0, on the right, in sentences and stories.

    Args:
        tokenizer: A `WordTokenizer`.
        answers: Names of the answers, in the order of their ids.
        story_length: Largest number of sentences of a story; of longer ones the last are kept.

    Call arguments:
        x: Dictionary of `story`, the sentences of each story, a ragged string tensor `(B, None)` or
            a list of lists, and `question`, strings `(B,)`. Or one story and one question, and all
            tensors are without their first axis.
        y: Answers, strings `(B,)`.
        sample_weight: Passed through.

    Returns:
        Dictionary of `story_ids (B, N, L)` and `question_ids (B, Q)`; with `y` a tuple with the
        ids `(B,)` of the answers.

    Errors:
        ValueError: If `answers` are not two or more different names, or `story_length` is not
            positive.
        tf.errors.InvalidArgumentError: If an answer is none of `answers`.

    Example:
        >>> preprocessor = QuestionAnsweringPreprocessor(WordTokenizer(["mary", "is"]), ["a", "b"])
        >>> ids = preprocessor({"story": [["Mary is.", "Is Mary?"]], "question": ["Mary"]})
        >>> ids["story_ids"].numpy().tolist(), ids["question_ids"].numpy().tolist()
        ([[[2, 3, 1], [3, 2, 1]]], [[2]])
    """

    tokenizer_cls = WordTokenizer

    def __init__(self, tokenizer, answers, story_length=350, **kwargs):
        answers = checked_names("answers", answers)
        if isinstance(story_length, bool) or not isinstance(story_length, int) or story_length < 1:
            raise ValueError(f"`story_length` must be a positive integer, got {story_length!r}.")
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.answers = answers
        self.story_length = story_length
        with tf.init_scope():  # the table must outlive a `tf.function` in which it is first used
            self._answer_ids = tf.lookup.StaticHashTable(
                tf.lookup.KeyValueTensorInitializer(
                    tf.constant(answers, tf.string), tf.range(len(answers))
                ),
                default_value=-1,
            )

    def is_one(self, x, y):
        return is_scalar(x["question"])

    @takes_one
    def call(self, x, y=None, sample_weight=None):
        encoded = self.encode(x["story"], x["question"])
        if y is not None:
            y = self.answer_ids(y)
        return keras.utils.pack_x_y_sample_weight(encoded, y, sample_weight)

    def encode(self, stories, questions):
        """The network's inputs for stories, ragged strings `(B, None)`, and questions `(B,)`."""
        if is_list_of_scalars(stories):
            stories = self.split(tf.convert_to_tensor(stories))
        if isinstance(stories, (list, tuple)):
            stories = ragged_strings(stories)
        if not isinstance(stories, tf.RaggedTensor):
            stories = tf.RaggedTensor.from_tensor(stories)
        kept = stories[:, -self.story_length :]  # (B, None)
        words = kept.with_values(self.tokenizer.tokenize(kept.values))  # (B, None, None)
        asked = self.tokenizer.tokenize(tf.convert_to_tensor(questions))
        tensors = {"story_ids": words.to_tensor(), "question_ids": asked.to_tensor()}
        return {name: _not_empty(ids) for name, ids in tensors.items()}

    def split(self, stories):
        """The sentences of raw stories, strings `(B,)`, as a ragged string tensor `(B, None)`.

        They end after `.`, `!` and `?` before white space, and at line ends.
        """
        lines = tf.strings.regex_replace(stories, r"([.!?])[ \t\n\v\f\r]+", "\\1\n")
        sentences = tf.strings.split(tf.strings.regex_replace(lines, r"[\r\n]+", "\n"), "\n")
        sentences = tf.ragged.map_flat_values(tf.strings.strip, sentences)
        return tf.ragged.boolean_mask(sentences, sentences != "")

    def answer_ids(self, answers):
        """The ids `(B,)` of answers."""
        ids = self._answer_ids.lookup(tf.convert_to_tensor(answers))
        check = tf.debugging.assert_non_negative(
            ids, f"`y` must be of the answers that the model knows: {list(self.answers)}."
        )
        with tf.control_dependencies([check] if check is not None else []):
            return tf.identity(ids)

    def get_config(self):
        config = {"answers": list(self.answers), "story_length": self.story_length}
        return {**super().get_config(), **config}


def _not_empty(ids):
    """Ids `(B, ...)` with at least one place in each axis but the first, of padding."""
    more = tf.maximum(1 - tf.shape(ids)[1:], 0)
    return tf.pad(ids, tf.pad(more[:, None], [[1, 0], [1, 0]]))
