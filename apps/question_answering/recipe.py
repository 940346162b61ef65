"""Recipes of question answerers."""

from typing import Annotated, Literal

import pydantic

from apps import datasets
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

    def more_data(self):
        return [
            (name, lambda examples, times=times: examples.repeat(times))
            for name, times in self.data.repeat.items()
        ]

    def about_data(self):
        return [f"{name} {times} more times" for name, times in self.data.repeat.items()]

    def check_data(self):
        known = datasets.info(self.data.name).labels
        for name in self.data.repeat:
            strange = sorted(set(datasets.info(name).labels) - set(known))
            if strange:
                raise ValueError(
                    f"`data.repeat` must have corpora with answers of {self.data.name}, got "
                    f"{name}, which also has {strange}."
                )

    def build(self, run_dir, data_dir):
        from apps.question_answering.preprocessor import QuestionAnsweringPreprocessor
        from apps.question_answering.task import QuestionAnswerer
        from apps.training.building import network, options, words
        from zoo import backbones

        kinds = {
            "entity_network": backbones.EntityNetwork,
            "story_gru": backbones.StoryGRU,
            "tensor_product": backbones.TensorProductNetwork,
        }
        backbone, tokenizer = network(self, kinds[self.network.kind], words, run_dir, data_dir)
        answers = datasets.info(self.data.name).labels
        preprocessor = QuestionAnsweringPreprocessor(tokenizer, answers, **options(self))
        return QuestionAnswerer(backbone, preprocessor)
