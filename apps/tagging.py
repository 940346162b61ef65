"""Tagging: a sentence in, its words with a tag for each out."""

import dataclasses

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from keras import ops

from apps.metrics import EntityScores, TagAccuracy
from apps.preset_task import PresetTask, check_vocabulary
from apps.raw_text import check_batch_size, check_sentences
from apps.spans import is_entity_tags, tag_spans
from apps.tagging_preprocessor import TaggingPreprocessor
from apps.word_batches import pad_and_stack, word_batches
from zoo import layers
from zoo.backbones import RecurrentEncoder

HEADS = ("crf", "softmax")


@dataclasses.dataclass(frozen=True)
class Span:
    """An entity in a sentence.

    Attributes:
        label: Its class.
        start: Index of its first character in the sentence.
        end: Index after its last character.
        text: The characters between them.
    """

    label: str
    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True)
class TaggedSentence:
    """The answer for one sentence.

    Attributes:
        text: The sentence; of ready-made words, these with blanks between.
        tokens: Its words, as they came.
        offsets: Index of the first character and the index after the last one, for each word.
        tags: A tag for each word.
        scores: The probability of each tag, `None` where it was not asked for.
        spans: The entities, from left to right, where the tags are of entities; else empty.
    """

    text: str
    tokens: list
    offsets: list
    tags: list
    scores: list | None
    spans: list


@keras.saving.register_keras_serializable("apps")
class Tagger(PresetTask, keras_hub.models.Task):
    """Gives each word of a sentence a tag: a part of speech, an entity, or any other.

        potentials_t = dropout(s_t) W + b            s_t: states of the recurrent encoder
        tags = argmax_y p(y | potentials)

    with `p` a linear-chain CRF (`zoo.layers.CRF`), or for each word apart a softmax. The loss is
    `-log p`, a mean over words.

    Args:
        backbone: A `RecurrentEncoder`.
        preprocessor: A `TaggingPreprocessor`; `None` if inputs come encoded.
        tags: Names of the tags, in the order of their ids; those of `preprocessor` by default.
        head: `"crf"` or `"softmax"`.
        dropout: Rate of the dropout of the states.

    Call arguments:
        inputs: Dictionary of `token_ids`, `padding_mask` and what else the backbone takes.
            `fit`, `evaluate` and `predict` take raw sentences, or lists of words, in their place,
            and lists of tags.

    Returns:
        Dictionary of `tags`, int32 ids `(B, T)`, and `potentials`, float32 `(B, T, C)`.

    Errors:
        ValueError: If `head` is unknown, or `tags` are not those of the preprocessor.

    Example:
        >>> tagger = Tagger.from_preset("ner_uner_ewt")
        >>> tagger.tag(["Ada met Bob in Paris."])[0].spans[-1]
        Span(label='LOC', start=15, end=20, text='Paris')

    Reference: Huang et al. 2015, arXiv:1508.01991; Lample et al. 2016, arXiv:1603.01360;
    Ma and Hovy 2016, arXiv:1603.01354.
    """

    backbone_cls = RecurrentEncoder
    preprocessor_cls = TaggingPreprocessor

    def __init__(
        self, backbone, preprocessor=None, tags=None, *, head="crf", dropout=0.5, **kwargs
    ):
        tags = _check_tags(tags, preprocessor)
        check_vocabulary(backbone, preprocessor)
        if head not in HEADS:
            raise ValueError(f"`head` must be one of {HEADS}, got {head!r}.")
        inputs = backbone.input
        outputs = backbone(inputs)
        x = keras.layers.Dropout(dropout, dtype=backbone.dtype_policy, name="dropout")(
            outputs["sequence_output"]
        )  # (B, T, 2H)
        potentials = keras.layers.Dense(len(tags), dtype="float32", name="potentials")(x)
        self.crf = None
        if head == "crf":
            self.crf = layers.CRF(len(tags), tags=tags, dtype="float32", name="crf")
            best = self.crf(potentials, mask=outputs["padding_mask"])  # (B, T)
        else:
            best = ops.argmax(potentials, axis=-1)
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.tags = tags
        self.head = head
        self.dropout = dropout
        super().__init__(
            inputs=inputs,
            outputs={"tags": ops.cast(best, "int32"), "potentials": potentials},
            **kwargs,
        )

    def call(self, inputs, training=None, mask=None, **kwargs):
        """The backbone takes of the words' features what it has inputs for."""
        inputs = {name: inputs[name] for name in self.input}
        return super().call(inputs, training=training, **kwargs)

    @property
    def monitor(self):
        """Name of the figure that tells how good the tagger is."""
        return "f1" if self.entities else "accuracy"

    @property
    def entities(self):
        """Whether the tags are those of entities, in IOB2 or BIOES."""
        return is_entity_tags(self.tags)

    def compile(self, optimizer="auto", *, metrics="auto", **kwargs):
        """As `keras.Model.compile`, without `loss`; defaults: Adam, accuracy, scores of entities.

        Metrics take the ids `(B, T)` of the true tags, -1 at padding, and of the predicted ones.
        """
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
        if metrics == "auto":
            metrics = self._metrics_of_tags()
        kwargs.pop("loss", None)  # a `.keras` file of a compiled tagger has it
        super().compile(optimizer=optimizer, metrics=metrics, **kwargs)

    def detailed_metrics(self):
        return self._metrics_of_tags(per_class=True)

    def _metrics_of_tags(self, per_class=False):
        entities = [EntityScores(self.tags, per_class=per_class)] if self.entities else []
        return [TagAccuracy(), *entities]

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        potentials, valid = y_pred["potentials"], y >= 0
        if self.crf is not None:
            losses = -self.crf.log_likelihood(potentials, y, mask=valid)  # (B,)
        else:
            losses = keras.losses.sparse_categorical_crossentropy(
                ops.maximum(y, 0), potentials, from_logits=True
            )  # (B, T)
            losses = ops.sum(ops.where(valid, losses, 0.0), axis=-1)
        if sample_weight is not None:
            losses = losses * ops.cast(sample_weight, losses.dtype)
        words = ops.sum(ops.cast(valid, losses.dtype))
        return ops.sum(losses) / ops.maximum(words, 1.0)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, y, y_pred["tags"])

    def tag(self, sentences, *, batch_size=64, return_scores=False):
        """Tags the words of sentences.

        Args:
            sentences: List of strings, or of lists of words. Blank ones give an empty answer.
            batch_size: Number of sentences that go through the network at once; fewer of long ones.
            return_scores: Whether to give the probability of each tag.

        Returns:
            List of `TaggedSentence`, one a sentence, in their order.

        Raises:
            TypeError: If `sentences` is not a list of strings, or of lists of strings.
            ValueError: If it is empty, or mixes strings with lists.
        """
        sentences = check_sentences(sentences, "sentences")
        check_batch_size(batch_size)
        answers = [None] * len(sentences)
        for rows, encoded, words in word_batches(self.preprocessor, sentences, batch_size):
            outputs = keras.Model.predict_on_batch(self, encoded)
            scores = self._scores(outputs, encoded) if return_scores else None
            for place, row in enumerate(rows):
                tokens, offsets = words[place]
                ids = outputs["tags"][place, : len(tokens)]
                tags = [self.tags[index] for index in ids]
                probabilities = None
                if return_scores:
                    probabilities = scores[place, np.arange(len(ids)), ids].tolist()
                answers[row] = self._answer(sentences[row], tokens, offsets, tags, probabilities)
        return answers

    def _answer(self, sentence, tokens, offsets, tags, scores):
        text = sentence if isinstance(sentence, str) else " ".join(tokens)
        spans = []
        if self.entities:
            for label, first, end in tag_spans(tags):
                begin, stop = offsets[first][0], offsets[end - 1][1]
                spans.append(Span(label, begin, stop, text[begin:stop]))
        return TaggedSentence(text, tokens, offsets, tags, scores, spans)

    def _scores(self, outputs, encoded):
        """The probability of each tag for each word, `(B, T, C)`."""
        potentials = outputs["potentials"]
        if self.crf is None:
            return ops.convert_to_numpy(ops.softmax(potentials))
        return ops.convert_to_numpy(self.crf.marginals(potentials, mask=encoded["padding_mask"]))

    def predict(self, x, batch_size=None, **kwargs):
        """As `keras.Model.predict`, with sentences, or lists of words, for `x`.

        Returns:
            Dictionary of arrays `tags (N, T)` and `potentials (N, T, C)`, padded by zeros to the
            longest sentence.
        """
        if self._is_raw(x):
            x = self.raw_dataset(x).batch(batch_size or 32)
        if not isinstance(x, tf.data.Dataset):
            return super().predict(x, batch_size, **kwargs)
        # Keras cannot put batches of different lengths into one array.
        batches = x.map(self.preprocessor) if self.preprocessor else x
        inputs = (keras.utils.unpack_x_y_sample_weight(batch)[0] for batch in batches)
        return pad_and_stack([keras.Model.predict_on_batch(self, each) for each in inputs])

    def check_inputs(self, x):
        return check_sentences(x, "x")

    def check_labels(self, y):
        """Raises an error that names the example whose tags are wrong."""
        known = set(self.tags)
        for index, tags in enumerate(y):
            if not isinstance(tags, (list, tuple, np.ndarray)):
                raise TypeError(f"`y[{index}]` must be a list of tags, got {tags!r}.")
            unknown = [tag for tag in tags if tag not in known]
            if unknown:
                raise ValueError(
                    f"`y[{index}]` has the unknown tag {unknown[0]!r}, expected of: "
                    f"{', '.join(self.tags)}."
                )

    def check_pairs(self, x, y=None):
        """Raises an error that names the example which has more or fewer tags than words."""
        for index, (words, tags) in enumerate(zip(x, y or ())):
            if not isinstance(words, str) and len(words) != len(tags):
                raise ValueError(
                    f"`y[{index}]` must have a tag for each of the {len(words)} words of "
                    f"`x[{index}]`, got {len(tags)}."
                )

    def serve(self, texts):
        """The answers for a string tensor `(B,)` as tensors; it becomes the exported signature.

        Returns:
            Dictionary of `tokens (B, T)` and `tags (B, T)`, strings, empty at padding, and of
            `starts (B, T)` and `ends (B, T)`, the bytes of UTF-8 where a token begins and ends.
        """
        tokens, starts, ends = self.preprocessor.tokenizer.split_with_offsets(texts)
        inputs, lengths = self.preprocessor.encode(tokens)
        ids = self(inputs, training=False)["tags"]
        ids = tf.RaggedTensor.from_tensor(ids, lengths=lengths)
        tags = tf.gather(tf.constant(self.tags), ids)
        parts = {"tokens": tokens, "tags": tags, "starts": starts, "ends": ends}
        return {name: part.to_tensor() for name, part in parts.items()}

    @classmethod
    def from_preset(cls, preset, load_weights=True, *, tags=None, **kwargs):
        """As KerasHub's; `tags` give the tagger a new, untrained head."""
        task = super().from_preset(preset, load_weights, **kwargs)
        if tags is None:
            return task
        old = task.preprocessor
        preprocessor = TaggingPreprocessor(old.tokenizer, tags, word_length=old.word_length)
        return cls(task.backbone, preprocessor, head=task.head, dropout=task.dropout)

    def get_config(self):
        config = {"tags": list(self.tags), "head": self.head, "dropout": self.dropout}
        return {**super().get_config(), **config}


def _check_tags(tags, preprocessor):
    """The tags, which the preprocessor has too."""
    if tags is None and preprocessor is None:
        raise ValueError("`tags` must be a list of names where there is no preprocessor, got None.")
    known = preprocessor.tags if preprocessor is not None else tuple(tags)
    if tags is not None and tuple(tags) != known:
        raise ValueError(f"`tags` must be those of the preprocessor, {known}, got {tuple(tags)}.")
    return known
