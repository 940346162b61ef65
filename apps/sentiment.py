"""Sentiment: a text in, a label out."""

import dataclasses

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from apps.classifier_task import ClassifierTask
from apps.precision import probabilities
from apps.preset_task import check_vocabulary
from apps.raw_text import (
    answered,
    check_texts,
    checked_names,
    is_missing,
    is_scalar,
    predict_texts,
    takes_one,
    text_batches,
)
from apps.tokenizers import WordTokenizer
from zoo import layers
from zoo.backbones import RecurrentEncoder
from zoo.from_preset import FromPreset
from zoo.layers._checks import check_boolean

POOLINGS = ("last", "max", "mean", "attention")


@dataclasses.dataclass(frozen=True)
class Classification:
    """The answer for one text.

    Attributes:
        label: The likeliest label.
        score: Its probability.
        words: The words that the network saw, as they came, where their weights were asked for.
        attention: The weight of each of them, which sum to 1; `None` where it was not asked for.
    """

    label: str
    score: float
    words: list | None = None
    attention: list | None = None


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


@keras.saving.register_keras_serializable("apps")
class SentimentClassifier(ClassifierTask, keras_hub.models.TextClassifier):
    """Classifies texts: pooled states of a recurrent encoder, then a softmax.

        p = softmax(dropout(pool(s_1, ..., s_T)) W + b)

    Args:
        backbone: A `RecurrentEncoder`.
        preprocessor: A `SentimentPreprocessor`; `None` if inputs come encoded.
        labels: Names of the classes.
        num_classes: Number of classes, where `labels` is not given.
        pooling: `"last"`, `"max"`, `"mean"` or `"attention"`.
        dropout: Rate of the dropout of the pooled states.

    Call arguments:
        inputs: Dictionary of `token_ids` and `padding_mask`, see `RecurrentEncoder`.
            `fit`, `evaluate` and `predict` take raw strings in their place.

    Returns:
        Probabilities `(B, C)`, in float32 at least.

    Errors:
        ValueError: If `pooling` is unknown or there are fewer than two labels.

    Example:
        >>> classifier = SentimentClassifier.from_preset("sentiment_imdb")
        >>> classifier.classify(["A gorgeous, witty film."])[0].label
        'positive'

    Reference: Collobert et al. 2011, arXiv:1103.0398 (max); Yang et al. 2016, "Hierarchical
    Attention Networks for Document Classification" (attention).
    """

    backbone_cls = RecurrentEncoder
    preprocessor_cls = SentimentPreprocessor

    def __init__(
        self,
        backbone,
        preprocessor=None,
        labels=None,
        *,
        num_classes=None,
        pooling="max",
        dropout=0.5,
        **kwargs,
    ):
        labels = _check_labels(labels, num_classes)
        check_vocabulary(backbone, preprocessor)
        inputs = backbone.input
        outputs = backbone(inputs)
        x = _pooling_layer(pooling, backbone)(
            outputs["sequence_output"], mask=outputs["padding_mask"]
        )  # (B, 2H)
        attention = None
        if pooling == "attention":
            x, attention = x  # (B, 2H), (B, T)
        x = keras.layers.Dropout(dropout, dtype=backbone.dtype_policy, name="dropout")(x)
        outputs = probabilities(x, backbone, len(labels))  # (B, C)
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.labels = labels
        self.pooling = pooling
        self.dropout = dropout
        self._attention = attention
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

    def classify(self, texts, batch_size=64, *, on_blank="error", return_attention=False):
        """Labels raw texts.

        Args:
            texts: A sequence of strings: a list, a NumPy array, a pandas Series, ...
            batch_size: Number of texts that go through the network at once.
            on_blank: What to do with texts that are blank or missing (`None`, NaN): `"error"`, or
                `"none"` for the answer `None`.
            return_attention: Whether to return the words that the network saw, and how much each
                of them weighs; only with the attention pooling.

        Returns:
            List of `Classification`, one for each text. A warning says how
            many texts were longer than the model takes, and were cut.

        Raises:
            TypeError: If `texts` is not a sequence of strings.
            ValueError: If `texts` is empty or a text is blank, or there is no attention.
        """
        self.check_ready(batch_size)
        if return_attention and self._attention is None:
            raise ValueError(
                "`return_attention` must be False where `pooling` is not 'attention', got True "
                f"with {self.pooling!r}."
            )
        return answered(
            texts,
            on_blank,
            lambda texts, blank: check_texts(texts, blank=blank),
            lambda texts: self._classify(texts, batch_size, return_attention),
        )

    def _classify(self, texts, batch_size, return_attention):
        if return_attention:
            return self._classify_with_attention(texts, batch_size)
        return [self._answer(row) for row in predict_texts(self, texts, batch_size)]

    def _answer(self, row, **more):
        """The answer from probabilities `(C,)`."""
        best = row.argmax()
        return Classification(self.labels[best], float(row[best]), **more)

    def _classify_with_attention(self, texts, batch_size):
        network = keras.Model(self.input, [self.output, self._attention])
        answers = [None] * len(texts)
        for rows, inputs in text_batches(self, texts, batch_size):
            found = self.preprocessor.words(tf.constant([texts[row] for row in rows]))
            found = self.preprocessor.cut(found).to_list()
            for row, words, *outputs in zip(rows, found, *network(inputs, training=False)):
                scores, weights = map(keras.ops.convert_to_numpy, outputs)  # (C,), (T,)
                words = [word.decode("utf-8") for word in words]
                weights = [float(weight) for weight in weights[: len(words)]]
                answers[row] = self._answer(scores, words=words, attention=weights)
        return answers

    @property
    def class_names(self):
        return self.labels

    def check_labels(self, y):
        """The labels as indices of classes; `ValueError` for one that is neither index nor name."""
        names = {name: index for index, name in enumerate(self.labels)}
        values = [names.get(value, value) if isinstance(value, str) else value for value in y]
        known = range(len(names))
        wrong = [value for value in values if is_missing(value) or value not in known]
        if wrong:
            raise ValueError(
                f"`y` must be one integer in [0, {len(names)}), or one of {self.labels}, for each "
                f"text, got {wrong[0]!r}."
            )
        return np.array(values, "int64")

    def preprocess_samples(self, x, y=None, sample_weight=None):
        y = None if y is None else tf.convert_to_tensor(y)
        if y is not None and y.dtype == tf.string:
            same = y[:, None] == tf.constant(self.labels)  # (B, C)
            message = f"`y` must have labels of {self.labels}"
            tf.debugging.Assert(tf.reduce_all(tf.reduce_any(same, -1)), [message, y])
            y = tf.argmax(same, axis=-1)
        return super().preprocess_samples(x, y, sample_weight)

    def serve(self, texts):
        """The answers for a string tensor `(B,)` as tensors; it becomes the exported signature.

        Returns:
            Dictionary of `label (B,)`, a string, `score (B,)` and `probabilities (B, C)`.
        """
        inputs, _ = self.preprocessor.encode(texts)
        probabilities = self(inputs, training=False)
        label = tf.gather(tf.constant(self.labels), tf.argmax(probabilities, axis=-1))
        score = tf.reduce_max(probabilities, axis=-1)
        return {"label": label, "score": score, "probabilities": probabilities}

    @classmethod
    def from_preset(cls, preset, load_weights=True, **kwargs):
        """As KerasHub's; `labels` or `num_classes` give the classifier a new, untrained head."""
        kwargs = {
            name: value
            for name, value in kwargs.items()
            if value is not None or name not in ("labels", "num_classes")
        }
        if "labels" in kwargs or "num_classes" in kwargs:
            labels = _check_labels(kwargs.get("labels"), kwargs.get("num_classes"))
            kwargs |= {"labels": labels, "num_classes": len(labels)}
        return super().from_preset(preset, load_weights, **kwargs)

    def get_config(self):
        return {
            **super().get_config(),
            "labels": list(self.labels),
            "pooling": self.pooling,
            "dropout": self.dropout,
        }


def _pooling_layer(pooling, backbone):
    kwargs = {"name": "pooling", "dtype": backbone.dtype_policy}
    if pooling == "last":
        return layers.LastPooling(bidirectional=backbone.bidirectional, **kwargs)
    if pooling == "max":
        return layers.MaxPooling(**kwargs)
    if pooling == "mean":
        return layers.MeanPooling(**kwargs)
    if pooling == "attention":
        return layers.AttentionPooling(backbone.units, return_weights=True, **kwargs)
    raise ValueError(f"`pooling` must be one of {POOLINGS}, got {pooling!r}.")


def _check_labels(labels, num_classes):
    if labels is None:
        count = num_classes or 2
        labels = ("negative", "positive") if count == 2 else list(map(str, range(count)))
    labels = checked_names("labels", labels)
    if num_classes not in (None, len(labels)):
        raise ValueError(
            f"`num_classes` must be that of `labels`, {len(labels)}, got {num_classes}."
        )
    return labels
