"""Recipes of taggers."""

from typing import Annotated, Literal

import pydantic

from apps.recipes.sections import DataRecipe, Positive, Rate, Recipe, Section, VocabularyRecipe
from apps.recipes.sentiment import NetworkRecipe
from zoo.backbones.recurrent_encoder import check_config


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


class WordNetworkRecipe(NetworkRecipe):
    """The encoder, with the characters and the casing of words."""

    char_encoder: Literal["cnn", "rnn"] | None = "cnn"
    char_embedding_dim: Positive = 32
    char_units: Positive = 64
    join: Literal["concatenate", "gate"] = "concatenate"
    casing_dim: Annotated[int, pydantic.Field(ge=0)] = 8

    @pydantic.model_validator(mode="after")
    def _can_be_built(self):
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
