"""An app of a user's own, outside of the package: a text may have several labels."""

import dataclasses
from typing import Literal

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from rich.text import Text as Line

from apps import datasets
from apps.core.preset_task import PresetTask
from apps.core.raw_text import answered, check_texts, predict_texts
from apps.core.space import encoder, optimization
from apps.fields import Name, Text
from apps.recipes.sections import EncoderRecipe, Recipe
from apps.registry import App, Card, Metric
from apps.sentiment.preprocessor import SentimentPreprocessor
from apps.sentiment.recipe import SentimentPreprocessorRecipe
from apps.training.building import network, options, words
from zoo.backbones import RecurrentEncoder
from zoo.layers import MaxPooling


@dataclasses.dataclass(frozen=True)
class Labels:
    labels: tuple
    scores: dict


@keras.saving.register_keras_serializable("mine")
class MultiLabelClassifier(PresetTask, keras_hub.models.TextClassifier):
    backbone_cls = RecurrentEncoder
    preprocessor_cls = SentimentPreprocessor
    monitor = "loss"  # it falls

    def __init__(self, backbone, preprocessor=None, labels=(), **kwargs):
        outputs = backbone(backbone.input)
        x = MaxPooling(name="pooling")(outputs["sequence_output"], mask=outputs["padding_mask"])
        self.backbone, self.preprocessor, self.labels = backbone, preprocessor, tuple(labels)
        p = keras.layers.Dense(len(labels), "sigmoid", name="probabilities")(x)
        super().__init__(inputs=backbone.input, outputs=p, **kwargs)

    def compile(self, optimizer="adam", loss="binary_crossentropy", *, metrics="auto", **kwargs):
        metrics = [keras.metrics.BinaryAccuracy("accuracy")] if metrics == "auto" else metrics
        optimizer = keras.optimizers.Adam(0.01) if optimizer == "auto" else optimizer
        super().compile(optimizer, loss, metrics=metrics, **kwargs)

    def check_labels(self, y):
        for names in y:
            if not set(names) <= set(self.labels):
                raise ValueError(f"`y` must have labels of {self.labels}, got {names!r}.")
        return [np.array([name in names for name in self.labels], "float32") for names in y]

    def preprocess_samples(self, x, y=None, sample_weight=None):
        if y is not None and y.dtype == tf.string:
            y = y.to_tensor("") if isinstance(y, tf.RaggedTensor) else y
            same = y[:, :, None] == tf.constant(self.labels)
            y = tf.cast(tf.reduce_any(same, 1), tf.float32)
        return super().preprocess_samples(x, y, sample_weight)

    def classify(self, texts, batch_size=64, *, on_blank="error"):
        self.check_ready(batch_size)
        check = lambda texts, blank: check_texts(texts, blank=blank)
        return answered(texts, on_blank, check, lambda texts: self._classify(texts, batch_size))

    def _classify(self, texts, batch_size):
        rows = predict_texts(self, texts, batch_size)
        found = [dict(zip(self.labels, map(float, row))) for row in rows]
        return [Labels(tuple(k for k, v in each.items() if v > 0.5), each) for each in found]

    def serve(self, texts):
        encoded, _ = self.preprocessor.encode(texts)
        return {"scores": self(encoded)}

    def get_config(self):
        return {**super().get_config(), "labels": list(self.labels)}


class MultiLabelRecipe(Recipe):
    app: Literal["multilabel"]
    preprocessor: SentimentPreprocessorRecipe = SentimentPreprocessorRecipe()
    network: EncoderRecipe = EncoderRecipe()

    def build(self, run_dir, data_dir):
        backbone, tokenizer = network(self, RecurrentEncoder, words, run_dir, data_dir)
        preprocessor = SentimentPreprocessor(tokenizer, **options(self))
        return MultiLabelClassifier(backbone, preprocessor, datasets.info(self.data.name).labels)


class Printer:
    def __init__(self, task):
        self.task = task

    def answers(self, texts, batch_size):
        return [{"labels": each.labels} for each in self.task.classify(texts, batch_size)]

    def line(self, answer):
        return Line(", ".join(answer["labels"]))


def space(hp):
    return {**encoder(hp), **optimization(hp)}


APP = App(
    name="multilabel",
    title="the labels of a text",
    fields={"text": Text(), "labels": Name("label")},
    x=("text",),
    y=("labels",),
    task=MultiLabelClassifier,
    recipe=MultiLabelRecipe,
    printer=Printer,
    card=Card("texts", 'zoo.load("{name}").classify(["A text."])', "It knows {labels}."),
    metrics={"accuracy": Metric(), "error": Metric("min"), "loss": Metric("min", "number")},
    space=space,
)
