"""Recipes of sentiment classifiers."""

from typing import Annotated, Literal

import pydantic

from apps.recipes.sections import EncoderRecipe, Rate, Recipe, Section, VocabularyRecipe


class SentimentPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of texts; see `apps.SentimentPreprocessor`.

    Attributes:
        sequence_length: Longer texts are cut.
        truncate: What a cut removes, `"end"` or `"middle"`.
    """

    sequence_length: Annotated[int, pydantic.Field(ge=2)] = 400
    truncate: Literal["end", "middle"] = "middle"


class SentimentHeadRecipe(Section):
    """The classifier; see `apps.SentimentClassifier`."""

    pooling: Literal["last", "max", "mean", "attention"] = "max"
    dropout: Rate = 0.5


class SentimentRecipe(Recipe):
    """All that makes a sentiment classifier.

    Attributes:
        preprocessor: See `SentimentPreprocessorRecipe`.
        network: See `EncoderRecipe`.
        head: See `SentimentHeadRecipe`.
    """

    app: Literal["sentiment"]
    preprocessor: SentimentPreprocessorRecipe = SentimentPreprocessorRecipe()
    network: EncoderRecipe = EncoderRecipe()
    head: SentimentHeadRecipe = SentimentHeadRecipe()

    def build(self, run_dir, data_dir):
        from apps import datasets
        from apps.sentiment.preprocessor import SentimentPreprocessor
        from apps.sentiment.task import SentimentClassifier
        from apps.training.building import network, options, words
        from zoo.backbones import RecurrentEncoder

        encoder, tokenizer = network(self, RecurrentEncoder, words, run_dir, data_dir)
        preprocessor = SentimentPreprocessor(tokenizer, **options(self))
        labels = datasets.info(self.data.name).labels
        return SentimentClassifier(encoder, preprocessor, labels, **self.head.model_dump())
