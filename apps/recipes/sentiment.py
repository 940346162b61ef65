"""Recipes of sentiment classifiers."""

from typing import Annotated, Literal

import pydantic

from apps.recipes.sections import Positive, Rate, Recipe, Section, VocabularyRecipe


class SentimentPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of texts; see `apps.SentimentPreprocessor`.

    Attributes:
        sequence_length: Longer texts are cut.
        truncate: What a cut removes, `"end"` or `"middle"`.
    """

    sequence_length: Annotated[int, pydantic.Field(ge=2)] = 400
    truncate: Literal["end", "middle"] = "middle"


class NetworkRecipe(Section):
    """The encoder; see `zoo.backbones.RecurrentEncoder`."""

    embedding_dim: Positive = 128
    units: Positive = 128
    depth: Positive = 1
    cell: Literal["gru", "lstm", "peephole_lstm", "simple_rnn"] = "gru"
    bidirectional: bool = True
    residual: bool = True
    word_dropout: Rate = 0.0
    embedding_dropout: Rate = 0.0
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0


class SentimentHeadRecipe(Section):
    """The classifier; see `apps.SentimentClassifier`."""

    pooling: Literal["last", "max", "mean", "attention"] = "max"
    dropout: Rate = 0.5


class SentimentRecipe(Recipe):
    """All that makes a sentiment classifier.

    Attributes:
        preprocessor: See `SentimentPreprocessorRecipe`.
        network: See `NetworkRecipe`.
        head: See `SentimentHeadRecipe`.
    """

    app: Literal["sentiment"]
    preprocessor: SentimentPreprocessorRecipe = SentimentPreprocessorRecipe()
    network: NetworkRecipe = NetworkRecipe()
    head: SentimentHeadRecipe = SentimentHeadRecipe()
