"""Recipes of translators."""

from typing import Annotated, Literal

import pydantic

from apps.recipes.sections import Positive, Rate, Recipe, Section, Splits


class SubwordRecipe(Section):
    """The vocabulary, of sources and targets, and the length of texts.

    See `apps.learn_subwords` and `apps.TranslationPreprocessor`.

    Attributes:
        splits: Parts of corpora from which the vocabulary is learnt, as in `VocabularyRecipe`.
        vocabulary_size: Largest number of ids.
        kind: `"unigram"`, `"bpe"` or `"char"`.
        sequence_length: Longer texts are cut.
    """

    splits: Splits = ["train"]
    vocabulary_size: Annotated[int, pydantic.Field(ge=5)] = 5000
    kind: Literal["unigram", "bpe", "char"] = "unigram"
    sequence_length: Annotated[int, pydantic.Field(ge=2)] = 100


class Seq2SeqRecipe(Section):
    """The network; see `zoo.backbones.Seq2Seq`."""

    embedding_dim: Positive = 256
    units: Positive = 256
    encoder_units: Positive | None = None
    encoder_depth: Positive = 1
    encoder_bidirectional: bool = True
    decoder_depth: Positive = 1
    cell: Literal["gru", "lstm", "peephole_lstm", "simple_rnn"] = "gru"
    conditioning: Literal["last_state", "every_step", "attention"] = "attention"
    attention: Literal[
        "additive",
        "dot",
        "general",
        "concat",
        "local_monotonic",
        "local_predictive",
        "hard",
        "multi_head",
    ] = "additive"
    attention_units: Positive | None = None
    attention_window: Positive = 5
    attention_heads: Positive = 4
    input_feeding: bool = True
    tied_embeddings: Literal["none", "target", "all"] = "target"
    word_dropout: Rate = 0.0
    embedding_dropout: Rate = 0.0
    dropout: Rate = 0.0
    recurrent_dropout: Rate = 0.0

    @pydantic.model_validator(mode="after")
    def _can_be_built(self):
        from zoo.backbones.seq2seq import check_config

        check_config({"vocabulary_size": 5, **self.model_dump()})
        return self


class TranslationHeadRecipe(Section):
    """Training of the translator.

    Attributes:
        label_smoothing: See `apps.SmoothedCrossentropy`.
        sampling_rate: See `apps.Translator`.
        sampling_steps: See `apps.Translator`.
        monitor: See `apps.Translator`.
    """

    label_smoothing: Rate = 0.1
    sampling_rate: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.0
    sampling_steps: Positive = 10_000
    monitor: Literal["bleu", "chrf", "exact_match"] = "bleu"


class TranslationRecipe(Recipe):
    """All that makes a translator.

    Attributes:
        preprocessor: See `SubwordRecipe`.
        network: See `Seq2SeqRecipe`.
        head: See `TranslationHeadRecipe`.
    """

    app: Literal["translation"]
    pretraining: None = None
    preprocessor: SubwordRecipe = SubwordRecipe()
    network: Seq2SeqRecipe = Seq2SeqRecipe()
    head: TranslationHeadRecipe = TranslationHeadRecipe()

    def objectives(self):
        monitor = self.head.monitor
        bleu = [] if monitor == "exact_match" else ["bleu"]
        return list(dict.fromkeys([monitor, "chrf", "exact_match", "loss", *bleu]))

    def build(self, run_dir, data_dir):
        from apps.training.building import network, subwords
        from apps.translation.preprocessor import TranslationPreprocessor
        from apps.translation.task import Translator
        from zoo.backbones import Seq2Seq

        backbone, tokenizer = network(self, Seq2Seq, subwords, run_dir, data_dir)
        preprocessor = TranslationPreprocessor(tokenizer, self.preprocessor.sequence_length)
        return Translator(backbone, preprocessor, **self.head.model_dump())
