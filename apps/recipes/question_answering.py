"""Recipes of question answerers."""

from typing import Annotated, Literal

import pydantic

from apps.recipes.sections import (
    DataRecipe,
    Positive,
    Rate,
    Recipe,
    Section,
    VocabularyRecipe,
)


class QuestionAnsweringDataRecipe(DataRecipe):
    """The corpus, and more of it.

    Attributes:
        repeat: Corpora whose training parts are read besides, and how many times in an epoch: more
            of a task that has few questions.
    """

    repeat: dict[str, Positive] = {}


class QuestionAnsweringPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of stories; see `apps.QuestionAnsweringPreprocessor`.

    Attributes:
        story_length: Number of sentences; of longer stories the last are kept.
    """

    min_count: Positive = 1
    story_length: Positive = 350


class StoryGRURecipe(Section):
    """The network; see `zoo.backbones.StoryGRU`."""

    kind: Literal["story_gru"]
    embedding_dim: Positive = 128
    units: Positive = 128
    dropout: Rate = 0.0


class EntityNetworkRecipe(Section):
    """The network; see `zoo.backbones.EntityNetwork`."""

    kind: Literal["entity_network"]
    units: Positive = 100
    slots: Positive = 20
    sentence_length: Positive = 12
    dropout: Rate = 0.0


class TensorProductRecipe(Section):
    """The network; see `zoo.backbones.TensorProductNetwork`."""

    kind: Literal["tensor_product"] = "tensor_product"
    units: Positive = 128
    entity_dim: Positive = 64
    relation_dim: Positive = 32
    hops: Positive = 3
    chains: Positive = 4
    sentence_length: Positive = 12
    gate_bias: float = 0.0
    dropout: Rate = 0.0


class QuestionAnsweringRecipe(Recipe):
    """All that makes a question answerer.

    Attributes:
        data: See `QuestionAnsweringDataRecipe`.
        preprocessor: See `QuestionAnsweringPreprocessorRecipe`.
        network: By its key `kind` a `StoryGRURecipe`, an `EntityNetworkRecipe` or a
            `TensorProductRecipe`.
    """

    app: Literal["question_answering"]
    pretraining: None = None
    data: QuestionAnsweringDataRecipe
    preprocessor: QuestionAnsweringPreprocessorRecipe = QuestionAnsweringPreprocessorRecipe()
    network: Annotated[
        StoryGRURecipe | EntityNetworkRecipe | TensorProductRecipe,
        pydantic.Field(discriminator="kind"),
    ] = TensorProductRecipe()
