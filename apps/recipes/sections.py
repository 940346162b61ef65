"""What the recipes of all apps share."""

from typing import Annotated, Literal

import pydantic

Positive = Annotated[int, pydantic.Field(ge=1)]
Splits = Annotated[list[str], pydantic.Field(min_length=1)]
Rate = Annotated[float, pydantic.Field(ge=0, lt=1)]


class Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True)


class DataRecipe(Section):
    """The corpus.

    Attributes:
        name: One of `apps.datasets.NAMES`.
        options: Options of `apps.datasets.load` for the training part.
        holdout: Number of training examples set aside, with all that belongs to them (see
            `apps.datasets.hold_out`), which tell when to stop and which epoch to keep. With 0 all
            epochs are run and the last is kept. The validation part is never used for that: it
            gives the figure alone.
        report: Parts that the preset is measured on; the first gives the figure that counts.
    """

    name: str
    options: dict[str, bool] = {}
    holdout: Annotated[int, pydantic.Field(ge=0)] = 0
    report: Annotated[list[Literal["validation", "test"]], pydantic.Field(min_length=1)] = [
        "validation"
    ]


class VocabularyRecipe(Section):
    """The vocabulary; see `apps.WordTokenizer`.

    Attributes:
        splits: Parts of corpora from which the vocabulary is learnt: `"train"` is one of the
            recipe's own corpus, `"imdb/unsupervised"` one of another.
        vocabulary_size: Largest number of ids. The words of the recipe's own corpus come in
            first; then the most frequent ones of the others, until it is full.
        min_count: Words that are rarer in the corpus are unknown.
        lowercase: Whether words are turned to lower case.
    """

    splits: Splits = ["train"]
    vocabulary_size: Annotated[int, pydantic.Field(ge=3)] = 30000
    min_count: Positive = 2
    lowercase: bool = True


class EncoderRecipe(Section):
    """A recurrent encoder; see `zoo.backbones.RecurrentEncoder`."""

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


class PretrainingRecipe(Section):
    """Training the encoder as a language model first; see `apps.training.pretraining`.

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

    splits: Splits = ["train"]
    epochs: Positive = 1
    batch_size: Positive = 64
    window: Annotated[int, pydantic.Field(ge=2)] = 64
    samples: Positive = 512
    dropout: Rate = 0.1
    learning_rate: Annotated[float, pydantic.Field(gt=0)] = 2e-3


class FitRecipe(Section):
    """Optimiser, schedule and epochs.

    Attributes:
        epochs: Number of epochs.
        batch_size: Number of texts in a step.
        optimizer: `"adam"`, `"adamw"`, `"nadam"`, `"sgd"` (with Nesterov momentum 0.9) or
            `"rmsprop"`.
        beta_1: Decay of the mean of the gradients, of the kinds of Adam.
        beta_2: Decay of the mean of their squares.
        learning_rate: Peak learning rate.
        schedule: `"constant"`, or `"cosine"`, which falls to zero at the end.
        warmup_steps: Steps in which it rises from zero, at most a tenth of all; `null` for 100, or
            a tenth of a short training.
        weight_decay: Decoupled weight decay.
        clipnorm: Largest norm of the whole gradient; `null` for none.
        patience: Epochs without a better `data.holdout` after which training stops.
    """

    epochs: Positive = 5
    batch_size: Positive = 32
    optimizer: Literal["adam", "adamw", "nadam", "sgd", "rmsprop"] = "adam"
    beta_1: Rate = 0.9
    beta_2: Rate = 0.999
    learning_rate: Annotated[float, pydantic.Field(gt=0)] = 1e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    warmup_steps: Annotated[int, pydantic.Field(ge=0)] | None = None
    weight_decay: Annotated[float, pydantic.Field(ge=0)] = 0.0
    clipnorm: Annotated[float, pydantic.Field(gt=0)] | None = 1.0
    patience: Positive = 2


class Recipe(Section):
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

    def longest(self):
        """The length at which input is cut, `None` for no such length."""
        sizes = self.preprocessor.model_dump()
        return sizes.get("sequence_length", sizes.get("story_length"))

    def more_data(self):
        """Corpora besides the own one whose training parts are used, and how.

        Returns:
            List of tuples of a corpus' name and a function from its examples, a
            `tf.data.Dataset`, to those that are added to the training part.
        """
        return []

    def about_data(self):
        """What the card says of the corpora, besides the name of the own one: a list of strings."""
        return []

    def check_data(self):
        """Raises `ValueError`, which begins with the key, if a key of `data` is wrong."""

    def objectives(self):
        """Names of the figures that trials can be compared by, the app's own first."""
        return ["accuracy", "error", "loss"]

    def build(self, run_dir, data_dir):
        """The app that the recipe describes, untrained, but for what `start_from` has.

        Args:
            run_dir: Folder of the run, where the vocabulary is kept.
            data_dir: Folder with the corpora; see `apps.datasets.load`.
        """
        raise NotImplementedError
