"""Recipes: all that makes a preset, as JSON."""

import json
import pathlib
from typing import Annotated, Literal

import pydantic

from apps import datasets
from apps.datasets.nearest import nearest_names
from zoo.backbones.recurrent_encoder import check_config
from zoo.backbones.seq2seq import check_config as check_seq2seq

_Positive = Annotated[int, pydantic.Field(ge=1)]
_Splits = Annotated[list[str], pydantic.Field(min_length=1)]
_Rate = Annotated[float, pydantic.Field(ge=0, lt=1)]


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


class DataRecipe(_Section):
    """The corpus.

    Attributes:
        name: One of `apps.datasets.NAMES`.
        options: Options of `apps.datasets.load` for the training part.
        holdout: Number of training examples set aside, which tell when to stop and which epoch
            to keep. With 0 all epochs are run and the last is kept. The validation part is
            never used for that: it gives the figure alone.
        report: Parts that the preset is measured on; the first gives the figure that counts.
    """

    name: str
    options: dict[str, bool] = {}
    holdout: Annotated[int, pydantic.Field(ge=0)] = 0
    report: Annotated[list[Literal["validation", "test"]], pydantic.Field(min_length=1)] = [
        "validation"
    ]


class TaggingDataRecipe(DataRecipe):
    """The corpus, and others that help.

    Attributes:
        extra: Corpora whose training parts are used too: for each the names that its classes of
            entities have in the recipe's own corpus. Sentences with other classes are left out.
    """

    extra: dict[str, Annotated[dict[str, str], pydantic.Field(min_length=1)]] = {}


class VocabularyRecipe(_Section):
    """The vocabulary; see `apps.WordTokenizer`.

    Attributes:
        splits: Parts of corpora from which the vocabulary is learnt: `"train"` is one of the
            recipe's own corpus, `"imdb/unsupervised"` one of another.
        vocabulary_size: Largest number of ids. The words of the recipe's own corpus come in
            first; then the most frequent ones of the others, until it is full.
        min_count: Words that are rarer in the corpus are unknown.
        lowercase: Whether words are turned to lower case.
    """

    splits: _Splits = ["train"]
    vocabulary_size: Annotated[int, pydantic.Field(ge=3)] = 30000
    min_count: _Positive = 2
    lowercase: bool = True


class SentimentPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of texts; see `apps.SentimentPreprocessor`.

    Attributes:
        sequence_length: Longer texts are cut.
        truncate: What a cut removes, `"end"` or `"middle"`.
    """

    sequence_length: Annotated[int, pydantic.Field(ge=2)] = 400
    truncate: Literal["end", "middle"] = "middle"


class TaggingPreprocessorRecipe(VocabularyRecipe):
    """The vocabulary and the length of words; see `apps.TaggingPreprocessor`.

    Attributes:
        word_length: Number of characters of a word that the network sees.
    """

    word_length: Annotated[int, pydantic.Field(ge=4)] = 16


class SubwordRecipe(_Section):
    """The vocabulary, of sources and targets, and the length of texts.

    See `apps.learn_subwords` and `apps.TranslationPreprocessor`.

    Attributes:
        splits: Parts of corpora from which the vocabulary is learnt, as in `VocabularyRecipe`.
        vocabulary_size: Largest number of ids.
        kind: `"unigram"`, `"bpe"` or `"char"`.
        sequence_length: Longer texts are cut.
    """

    splits: _Splits = ["train"]
    vocabulary_size: Annotated[int, pydantic.Field(ge=5)] = 5000
    kind: Literal["unigram", "bpe", "char"] = "unigram"
    sequence_length: Annotated[int, pydantic.Field(ge=2)] = 100


class NetworkRecipe(_Section):
    """The encoder; see `zoo.backbones.RecurrentEncoder`."""

    embedding_dim: _Positive = 128
    units: _Positive = 128
    depth: _Positive = 1
    cell: Literal["gru", "lstm", "peephole_lstm", "simple_rnn"] = "gru"
    bidirectional: bool = True
    residual: bool = True
    word_dropout: _Rate = 0.0
    embedding_dropout: _Rate = 0.0
    dropout: _Rate = 0.0
    recurrent_dropout: _Rate = 0.0


class WordNetworkRecipe(NetworkRecipe):
    """The encoder, with the characters and the casing of words."""

    char_encoder: Literal["cnn", "rnn"] | None = "cnn"
    char_embedding_dim: _Positive = 32
    char_units: _Positive = 64
    join: Literal["concatenate", "gate"] = "concatenate"
    casing_dim: Annotated[int, pydantic.Field(ge=0)] = 8

    @pydantic.model_validator(mode="after")
    def _can_be_built(self):
        check_config(self.model_dump())
        return self


class Seq2SeqRecipe(_Section):
    """The network; see `zoo.backbones.Seq2Seq`."""

    embedding_dim: _Positive = 256
    units: _Positive = 256
    encoder_units: _Positive | None = None
    encoder_depth: _Positive = 1
    decoder_depth: _Positive = 1
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
    attention_units: _Positive | None = None
    attention_window: _Positive = 5
    attention_heads: _Positive = 4
    input_feeding: bool = True
    tied_embeddings: Literal["none", "target", "all"] = "target"
    word_dropout: _Rate = 0.0
    embedding_dropout: _Rate = 0.0
    dropout: _Rate = 0.0
    recurrent_dropout: _Rate = 0.0

    @pydantic.model_validator(mode="after")
    def _can_be_built(self):
        check_seq2seq({"vocabulary_size": 5, **self.model_dump()})
        return self


class SentimentHeadRecipe(_Section):
    """The classifier; see `apps.SentimentClassifier`."""

    pooling: Literal["last", "max", "mean", "attention"] = "max"
    dropout: _Rate = 0.5


class TaggingHeadRecipe(_Section):
    """The tagger; see `apps.Tagger`."""

    head: Literal["softmax", "crf"] = "crf"
    dropout: _Rate = 0.5


class TranslationHeadRecipe(_Section):
    """Training of the translator.

    Attributes:
        label_smoothing: See `apps.SmoothedCrossentropy`.
        sampling_rate: See `apps.Translator`.
        sampling_steps: See `apps.Translator`.
        monitor: See `apps.Translator`.
    """

    label_smoothing: _Rate = 0.1
    sampling_rate: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.0
    sampling_steps: _Positive = 10_000
    monitor: Literal["bleu", "chrf", "exact_match"] = "bleu"


class PretrainingRecipe(_Section):
    """Training the encoder as a language model first; see `apps.pretraining`.

    Attributes:
        splits: Parts of corpora whose texts are read, as in `VocabularyRecipe`; a part that is
            named twice is read twice. Labels and options are not used.
        epochs: Number of times they are read.
        batch_size: Number of windows in a step.
        window: Number of words in a window.
        samples: Number of sampled words of the softmax.
        dropout: Rate of the dropout of embeddings and states.
        learning_rate: Peak learning rate of Adam, with linear warm-up and cosine decay.
    """

    splits: _Splits = ["train"]
    epochs: _Positive = 1
    batch_size: _Positive = 64
    window: Annotated[int, pydantic.Field(ge=2)] = 64
    samples: _Positive = 512
    dropout: _Rate = 0.1
    learning_rate: Annotated[float, pydantic.Field(gt=0)] = 2e-3


class FitRecipe(_Section):
    """Optimiser, schedule and epochs.

    Attributes:
        epochs: Number of epochs.
        batch_size: Number of texts in a step.
        optimizer: `"adam"`, `"adamw"`, `"sgd"` (with Nesterov momentum 0.9) or `"rmsprop"`.
        learning_rate: Peak learning rate.
        schedule: `"constant"`, or `"cosine"`, which falls to zero at the end.
        warmup_steps: Steps in which it rises from zero.
        weight_decay: Decoupled weight decay.
        clipnorm: Largest norm of the whole gradient; `null` for none.
        patience: Epochs without a better `data.holdout` after which training stops.
    """

    epochs: _Positive = 5
    batch_size: _Positive = 32
    optimizer: Literal["adam", "adamw", "sgd", "rmsprop"] = "adam"
    learning_rate: Annotated[float, pydantic.Field(gt=0)] = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup_steps: Annotated[int, pydantic.Field(ge=0)] = 100
    weight_decay: Annotated[float, pydantic.Field(ge=0)] = 0.0
    clipnorm: Annotated[float, pydantic.Field(gt=0)] | None = 1.0
    patience: _Positive = 2


class Recipe(_Section):
    """All that makes a preset; see the subclasses for the sections of an app.

    Attributes:
        name: Name of the preset.
        app: The app, a key of `RECIPES`.
        description: One sentence for the card.
        licence: Terms of the weights.
        seed: Seed of all that is random.
        start_from: Preset whose tokenizer and encoder to start from, in place of `preprocessor`'s
            vocabulary and of `network`, of which only the dropout rates then count.
        data: See `DataRecipe`.
        pretraining: See `PretrainingRecipe`; `null` for none.
        fit: See `FitRecipe`.
    """

    name: Annotated[str, pydantic.Field(pattern=r"^[a-z0-9_]+$")]
    app: str
    description: str = ""
    licence: str = "Apache-2.0"
    seed: int = 0
    start_from: str | None = None
    data: DataRecipe
    pretraining: PretrainingRecipe | None = None
    fit: FitRecipe = FitRecipe()

    def part(self, name):
        """Corpus and split of a part, such as `"train"` or `"imdb/train"`."""
        corpus, _, split = name.rpartition("/")
        return corpus or self.data.name, split


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


RECIPES = {"sentiment": SentimentRecipe, "tagging": TaggingRecipe, "translation": TranslationRecipe}


def read_recipe(source):
    """A recipe from a JSON file or a dictionary.

    Args:
        source: Path of a JSON file, or a dictionary.

    Returns:
        A `Recipe`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not JSON, has an unknown key (the nearest is named) or a value of a
            wrong type or range, or names an unknown corpus or split.

    Example:
        >>> read_recipe({"name": "mine", "app": "sentiment", "data": {"name": "sst2"}}).fit.epochs
        5
    """
    where = "recipe"
    if not isinstance(source, dict):
        where = f"recipe {source}"
        file = pathlib.Path(source)
        if not file.is_file():
            raise FileNotFoundError(f"`recipe` names a file that is not there: {source}.")
        try:
            source = json.loads(datasets.read_utf8(file))
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}.") from None
    if not isinstance(source, dict):
        raise ValueError(f"{where}: expected a JSON object, got {type(source).__name__}.")
    kind = RECIPES.get(str(source.get("app")))
    if kind is None:
        raise ValueError(
            f"{where}: `app` must be one of {sorted(RECIPES)}, got {source.get('app')!r}."
        )
    try:
        recipe = kind.model_validate(source)
    except pydantic.ValidationError as error:
        problems = "; ".join(_explain(problem, kind) for problem in error.errors())
        raise ValueError(f"{where}: {problems}.") from None
    _check_splits(recipe, where)
    return recipe


def _explain(problem, section):
    place = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        for key in problem["loc"][:-1]:
            section = _section_class(section.model_fields[key].annotation)
        hint = nearest_names(problem["loc"][-1], list(section.model_fields))
        return f"unknown key `{place}`; {hint.rstrip('.')}"
    if problem["type"] == "missing":
        return f"the key `{place}` is missing"
    return f"`{place}`: {problem['msg'].lower()}, got {problem['input']!r}"


def _section_class(annotation):
    """The section's class, also of `Section | None`."""
    return annotation if isinstance(annotation, type) else annotation.__args__[0]


def _check_splits(recipe, where):
    corpus = datasets.info(recipe.data.name)
    known = corpus.splits
    if not set(recipe.data.report) <= set(known):
        raise ValueError(
            f"{where}: `data.report` of {corpus.name} must be of {list(known)}, got "
            f"{recipe.data.report}."
        )
    if corpus.task != recipe.app:
        raise ValueError(
            f"{where}: `data.name` must be a corpus for {recipe.app}, got {corpus.name}, which is "
            f"for {corpus.task}."
        )
    unknown = sorted(set(recipe.data.options) - set(corpus.options))
    if unknown:
        raise ValueError(
            f"{where}: `data.options` of {corpus.name} must be of {list(corpus.options)}, "
            f"got {unknown}."
        )
    sections = [recipe.preprocessor, *([recipe.pretraining] if recipe.pretraining else [])]
    for name, split in {recipe.part(part) for section in sections for part in section.splits}:
        known = datasets.info(name).splits
        if split not in known:
            raise ValueError(
                f"{where}: `splits` of {name} must be of {list(known)}, got {split!r}."
            )
        if split in ("validation", "test"):
            raise ValueError(
                f"{where}: `splits` must not have a part that gives figures, got {name}/{split}."
            )
    for name, classes in getattr(recipe.data, "extra", {}).items():
        if name == corpus.name:
            raise ValueError(f"{where}: `data.extra` must have other corpora, got {name!r}.")
        for wanted, known in [(classes, name), (classes.values(), corpus.name)]:
            strange = sorted(set(wanted) - set(_classes(known)))
            if strange:
                raise ValueError(
                    f"{where}: `data.extra.{name}` must have classes of {known}, "
                    f"{_classes(known)}, got {strange}."
                )


def _classes(name):
    """The classes of a corpus' entities."""
    return sorted({tag.partition("-")[2] for tag in datasets.info(name).labels} - {""})
