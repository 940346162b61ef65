"""Recipes of taggers."""

import functools
from typing import Annotated, Literal

import pydantic

from apps import datasets
from apps.recipes.sections import (
    DataRecipe,
    EncoderRecipe,
    Positive,
    Rate,
    Recipe,
    Section,
    VocabularyRecipe,
)


class TaggingDataRecipe(DataRecipe):
    """The corpus, and others that help.

    Attributes:
        extra: Corpora whose training parts are used too: for each the names that its classes of
            entities have in the recipe's own corpus. Sentences with other classes are left out.
    """

    extra: dict[str, Annotated[dict[str, str], pydantic.Field(min_length=1)]] = {}


class TaggingPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of words; see `apps.TaggingPreprocessor`.

    Attributes:
        word_length: Number of characters of a word that the network sees.
    """

    word_length: Annotated[int, pydantic.Field(ge=4)] = 16


class WordNetworkRecipe(EncoderRecipe):
    """The encoder, with the characters and the casing of words."""

    char_encoder: Literal["cnn", "rnn"] | None = "cnn"
    char_embedding_dim: Positive = 32
    char_units: Positive = 64
    join: Literal["concatenate", "gate"] = "concatenate"
    casing_dim: Annotated[int, pydantic.Field(ge=0)] = 8

    @pydantic.model_validator(mode="after")
    def _can_be_built(self):
        from zoo.backbones.recurrent_encoder import check_config

        check_config(self.model_dump())
        return self


class TaggingHeadRecipe(Section):
    """The tagger; see `apps.Tagger`."""

    head: Literal["softmax", "crf"] = "crf"
    dropout: Rate = 0.5


class TaggingRecipe(Recipe):
    """All that makes a tagger.

    Attributes:
        data: See `TaggingDataRecipe`.
        preprocessor: See `TaggingPreprocessorRecipe`.
        network: See `WordNetworkRecipe`.
        head: See `TaggingHeadRecipe`.
    """

    app: Literal["tagging"]
    data: TaggingDataRecipe
    preprocessor: TaggingPreprocessorRecipe = TaggingPreprocessorRecipe()
    network: WordNetworkRecipe = WordNetworkRecipe()
    head: TaggingHeadRecipe = TaggingHeadRecipe()

    def more_data(self):
        from apps.tagging.renaming import rename_classes

        return [
            (name, functools.partial(rename_classes, names=classes))
            for name, classes in self.data.extra.items()
        ]

    def about_data(self):
        return list(self.data.extra)

    def check_data(self):
        own = self.data.name
        for name, classes in self.data.extra.items():
            if name == own:
                raise ValueError(f"`data.extra` must have other corpora, got {name!r}.")
            for wanted, known in [(classes, name), (classes.values(), own)]:
                strange = sorted(set(wanted) - set(_classes(known)))
                if strange:
                    raise ValueError(
                        f"`data.extra.{name}` must have classes of {known}, {_classes(known)}, got "
                        f"{strange}."
                    )

    def objectives(self):
        from apps.tagging.spans import is_entity_tags

        entities = is_entity_tags(datasets.info(self.data.name).labels)
        return [*(["f1", "precision", "recall"] if entities else []), *super().objectives()]

    def build(self, run_dir, data_dir):
        from apps.tagging.preprocessor import TaggingPreprocessor
        from apps.tagging.task import Tagger
        from apps.training.building import network, options, words
        from zoo.backbones import RecurrentEncoder

        encoder, tokenizer = network(self, RecurrentEncoder, words, run_dir, data_dir)
        tags = datasets.info(self.data.name).labels
        preprocessor = TaggingPreprocessor(tokenizer, tags, **options(self))
        return Tagger(encoder, preprocessor, **self.head.model_dump())


def _classes(name):
    """The classes of a corpus' entities."""
    return sorted({tag.partition("-")[2] for tag in datasets.info(name).labels} - {""})
