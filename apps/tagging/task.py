"""Tagging: a sentence in, its words with a tag for each out."""

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from keras import ops

from apps.core.losses import per_replica
from apps.core.precision import default_optimizer, head_dtype, precise_dtype
from apps.core.preset_task import PresetTask, agreed_names, check_vocabulary
from apps.core.raw_text import answered, check_sentences
from apps.metrics import EntityScores, TagAccuracy
from apps.tagging.answer import tagged_sentence
from apps.tagging.checks import check_pairs, check_tags, warn_of_broken_schemes
from apps.tagging.preprocessor import TaggingPreprocessor
from apps.tagging.spans import check_tag_names, is_entity_tags
from apps.tagging.word_batches import pad_and_stack, word_batches
from zoo import layers
from zoo.backbones import RecurrentEncoder

HEADS = ("crf", "softmax")


@keras.saving.register_keras_serializable("apps")
class Tagger(PresetTask, keras_hub.models.Task):
    """Gives each word of a sentence a tag: a part of speech, an entity, or any other.

        potentials_t = dropout(s_t) W + b            s_t: states of the recurrent encoder
        tags = argmax_y p(y | potentials)

    with `p` a linear-chain CRF (`zoo.layers.CRF`), or for each word apart a softmax. The loss of a
    batch is `-log p` in nats, a mean over its words.

    Args:
        backbone: A `RecurrentEncoder`.
        preprocessor: A `TaggingPreprocessor`; `None` if inputs come encoded.
        tags: Names of the tags, in the order of their ids; those of `preprocessor` by default. Of
            entities they are in IOB2 or BIOES; `apps.to_iob2` converts other schemes.
        head: `"crf"` or `"softmax"`.
        dropout: Rate of the dropout of the states.

    Call arguments:
        inputs: Dictionary of `token_ids`, `padding_mask` and what else the backbone takes.
            `fit`, `evaluate` and `predict` take raw sentences, or lists of words, in their place,
            and lists of tags.

    Returns:
        Dictionary of `tags`, int32 ids `(B, T)`, and `potentials` `(B, T, C)`, in float32 at
            least.

    Errors:
        ValueError: If `head` is unknown, or `tags` are not those of the preprocessor, or some of
            them are of entities and others are not.

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
        tags = agreed_names("tags", tags, preprocessor)
        check_vocabulary(backbone, preprocessor)
        check_tag_names(tags)
        if head not in HEADS:
            raise ValueError(f"`head` must be one of {HEADS}, got {head!r}.")
        inputs = backbone.input
        outputs = backbone(inputs)
        mask = outputs["padding_mask"]  # (B, T)
        x = keras.layers.Dropout(dropout, dtype=backbone.dtype_policy, name="dropout")(
            outputs["sequence_output"]
        )  # (B, T, 2H)
        potentials = keras.layers.Dense(len(tags), dtype=head_dtype(backbone), name="potentials")(x)
        potentials = ops.cast(potentials, precise_dtype(backbone))
        potentials = ops.where(mask[..., None], potentials, 0.0)  # (B, T, C)
        self.crf = None
        if head == "crf":
            self.crf = layers.CRF(len(tags), tags=tags, dtype=head_dtype(backbone), name="crf")
            best = self.crf(potentials, mask=mask)  # (B, T)
        else:
            best = ops.where(mask, ops.argmax(potentials, axis=-1), 0)
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

    reports_loss = False  # a mean over the words of a batch

    def compile(self, optimizer="auto", loss=None, *, metrics="auto", **kwargs):
        """As `keras.Model.compile`; by default Adam, accuracy, and the scores of entities.

        The loss is the tagger's own: `loss` must be `None`. Metrics take the ids `(B, T)` of the
        true tags, -1 at padding, and of the predicted ones; `"accuracy"` stands for `TagAccuracy`.
        `weighted_metrics` are not for taggers.
        """
        for name, value in [("loss", loss), ("weighted_metrics", kwargs.get("weighted_metrics"))]:
            if value is not None:
                raise ValueError(f"`{name}` must be None for a Tagger, got {value!r}.")
        if optimizer == "auto":
            optimizer = default_optimizer(self.backbone)
        if metrics == "auto":
            metrics = self._metrics_of_tags()
        metrics = [TagAccuracy() if each == "accuracy" else each for each in metrics or ()]
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
            if len(sample_weight.shape) != 1:
                raise ValueError(
                    "`sample_weight` must have one number for each sentence, (batch,), got the "
                    f"shape {tuple(sample_weight.shape)}."
                )
            losses = losses * ops.cast(sample_weight, losses.dtype)
        words = ops.sum(ops.cast(valid, losses.dtype))
        return per_replica(ops.sum(losses) / ops.maximum(words, 1.0))

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, y, y_pred["tags"])

    def tag(self, sentences, *, batch_size=64, return_scores=False, on_blank="error"):
        """Tags the words of sentences.

        Args:
            sentences: A sequence of strings, or of lists of words. Blank ones give an empty answer.
            batch_size: Number of sentences that go through the network at once; fewer of long ones.
            return_scores: Whether to give the probability of each tag.
            on_blank: With `"none"` sentences that are blank or missing (`None`, NaN) have the
                answer `None`; with `"error"` a missing one is an error.

        Returns:
            List of `TaggedSentence`, one a sentence, in their order.

        Raises:
            TypeError: If `sentences` is not a list of strings, or of lists of strings.
            ValueError: If it is empty, or mixes strings with lists.
        """
        self.check_ready(batch_size)
        return answered(
            sentences,
            on_blank,
            lambda sentences, blank: check_sentences(sentences, "sentences"),
            lambda sentences: self._tag(sentences, batch_size, return_scores),
        )

    def _tag(self, sentences, batch_size, return_scores):
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
                answers[row] = tagged_sentence(
                    sentences[row], tokens, offsets, tags, probabilities, self.tags
                )
        return answers

    def _scores(self, outputs, encoded):
        """The probability of each tag for each word, `(B, T, C)`."""
        potentials = outputs["potentials"]
        if self.crf is None:
            return ops.convert_to_numpy(ops.softmax(potentials))
        return ops.convert_to_numpy(self.crf.marginals(potentials, mask=encoded["padding_mask"]))

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """As `keras.Model.predict`, with sentences, or lists of words, for `x`.

        Batches of different lengths are put into one array, which Keras cannot do; `callbacks`
        are not for that, and no progress is shown. A sentence without words counts as one word.

        Returns:
            Dictionary of arrays `tags (N, T)` and `potentials (N, T, C)`, padded by zeros to the
            longest sentence.
        """
        if self._is_raw(x):
            x = self.raw_dataset(x).batch(self.size_of_batches(batch_size))
        if not isinstance(x, tf.data.Dataset):
            return super().predict(x, batch_size, verbose=verbose, steps=steps, callbacks=callbacks)
        if callbacks:
            raise ValueError(f"`callbacks` must be None for raw sentences, got {callbacks!r}.")
        batches = x.map(self.preprocessor) if self.preprocessor else x
        batches = batches if steps is None else batches.take(steps)
        outputs = []
        for batch in batches.as_numpy_iterator():
            inputs, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
            outputs.append(keras.Model.predict_on_batch(self, inputs))
        if not outputs:
            raise ValueError("`x` must have at least one batch, got an empty dataset.")
        return pad_and_stack(outputs)

    def check_inputs(self, x):
        return check_sentences(x, "x")

    def check_labels(self, y):
        """The tags, or an error that names the example whose tags are wrong."""
        check_tags(y, self.tags)
        if self.crf is not None and self.entities:
            warn_of_broken_schemes(y)
        return y

    def check_pairs(self, x, y=None):
        """Raises an error that names the example which has more or fewer tags than words."""
        if y is not None:
            check_pairs(x, y, self.preprocessor)

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
    def from_preset(cls, preset, load_weights=True, *, tags=None, head=None, **kwargs):
        """As KerasHub's; `tags` give the tagger a new, untrained head.

        It is that of `head`, by default a CRF for tags of entities, else a softmax.
        """
        if head is not None and tags is None:
            raise ValueError(f"`head` must be None without `tags`, got {head!r}.")
        task = super().from_preset(preset, load_weights, **kwargs)
        if tags is None:
            return task
        old = task.preprocessor
        preprocessor = TaggingPreprocessor(old.tokenizer, tags, word_length=old.word_length)
        head = head or ("crf" if is_entity_tags(tags) else "softmax")
        return task.with_head(preprocessor, tags=tags, head=head)

    def get_config(self):
        config = {"tags": list(self.tags), "head": self.head, "dropout": self.dropout}
        return {**super().get_config(), **config}
