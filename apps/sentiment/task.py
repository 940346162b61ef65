"""Sentiment: a text in, a label out."""

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from apps.core.answers import Classification
from apps.core.classifier_task import ClassifierTask
from apps.core.precision import probabilities
from apps.core.preset_task import check_vocabulary
from apps.core.raw_text import (
    answered,
    check_texts,
    checked_names,
    is_missing,
    predict_texts,
    text_batches,
)
from apps.sentiment.preprocessor import SentimentPreprocessor
from zoo import layers
from zoo.backbones import RecurrentEncoder

POOLINGS = ("last", "max", "mean", "attention")


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
