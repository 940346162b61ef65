"""Translation: a text in, its translation out."""

import collections
import dataclasses
import warnings

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from keras import ops

from apps.callbacks import AttentionImages, TranslationQuality
from apps.core.precision import default_optimizer
from apps.core.preset_task import PresetTask, check_vocabulary
from apps.core.raw_text import answered, check_texts, is_blank, text_batches
from apps.metrics import translation_scores
from apps.translation.decoding import (
    END,
    Generator,
    Scorer,
    check_sampler,
    in_place_of,
    kind_of_sampler,
    make_sampler,
)
from apps.translation.losses import SmoothedCrossentropy
from apps.translation.preprocessor import TranslationPreprocessor
from zoo.backbones import Seq2Seq
from zoo.layers._checks import check_choice, check_positive

_KEPT = 8  # compiled networks of different searches
_PICTURES = 3  # of held-out texts, in TensorBoard during training


@dataclasses.dataclass(frozen=True)
class Translation:
    """The answer for one text.

    Attributes:
        text: The translation; empty for a text without anything that the model knows.
        score: Mean log-probability of its tokens and of its end, in nats; 0 where there are none.
        source_tokens: What the model read, with the end.
        target_tokens: What it wrote, with the end if it came to one.
        attention: Array `(T, S)` of the weight of each source token at each target token, or
            `(T, K, S)` with heads; `None` where it was not asked for.
    """

    text: str
    score: float
    source_tokens: list
    target_tokens: list
    attention: np.ndarray | None = None


@keras.saving.register_keras_serializable("apps")
class Translator(PresetTask, keras_hub.models.Task):
    """Translates texts, or turns sequences of any kind into others.

        p(y_t | y_1 ... y_{t-1}, x) = softmax(o_t E^T)

    with `o` of a `Seq2Seq` and its output embeddings `E`. It is trained with the true tokens as the
    decoder's input (teacher forcing). With `sampling_rate` some of them are the network's own:
    after `sampling_steps` steps of the optimizer that share, growing linearly from 0 until then.
    What it would have said comes from a first pass over the true tokens, as in Mihaylova and
    Martins (2019), and not step by step.

    Args:
        backbone: A `Seq2Seq`.
        preprocessor: A `TranslationPreprocessor`; `None` if inputs come encoded.
        label_smoothing: Share of each label that the loss spreads over the vocabulary.
        sampling_rate: Share in [0, 1] of input tokens that come from the network in training.
        sampling_steps: Training steps until it is reached.
        monitor: The figure that tells how good the translator is, one of those of
            `apps.metrics.translation_scores`.

    Call arguments:
        inputs: Dictionary of `source_ids`, `source_mask` and `target_ids`, see `Seq2Seq`. `fit`
            and `evaluate` take raw texts and raw translations in its place.

    Returns:
        Dictionary of `logits` `(B, T, V)`, in float32 at least, and of `attention`, where there is
        one.

    Errors:
        ValueError: If `sampling_rate` is not in [0, 1], `sampling_steps` not positive, or `monitor`
            unknown.

    Example:
        >>> translator = Translator.from_preset("translation_multi30k_en_de")
        >>> translator.translate(["A man rides a horse."])[0].text
        'Ein Mann reitet auf einem Pferd.'

    Reference: Sutskever et al. 2014, arXiv:1409.3215; Bahdanau et al. 2015, arXiv:1409.0473;
    Bengio et al. 2015, arXiv:1506.03099 (scheduled sampling); Mihaylova and Martins 2019,
    arXiv:1906.07651, section 3 (two passes).
    """

    backbone_cls = Seq2Seq
    preprocessor_cls = TranslationPreprocessor

    def __init__(
        self,
        backbone,
        preprocessor=None,
        *,
        label_smoothing=0.1,
        sampling_rate=0.0,
        sampling_steps=10_000,
        monitor="bleu",
        **kwargs,
    ):
        check_vocabulary(backbone, preprocessor)
        _check_sampling(sampling_rate, sampling_steps)
        check_choice("monitor", monitor, ("bleu", "bleu_lowercase", "chrf", "exact_match"))
        inputs = backbone.input
        outputs = backbone(inputs)
        outputs = {name: outputs[name] for name in outputs if name != "sequence_output"}
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.monitor = monitor
        self.label_smoothing = label_smoothing
        self.sampling_rate = sampling_rate
        self.sampling_steps = sampling_steps
        self.seed_generator = keras.random.SeedGenerator() if sampling_rate else None
        self._networks = _Networks()
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)

    def forget_networks(self):
        self._networks = _Networks()

    def call(self, inputs, training=None, mask=None, **kwargs):
        if training and self.sampling_rate:
            inputs = {**inputs, "target_ids": self._partly_own(inputs)}
        return super().call(inputs, training=training, **kwargs)

    def _partly_own(self, inputs):
        """The decoder's input, with some of the tokens drawn from the network itself."""
        given, seed = inputs["target_ids"], self.seed_generator  # (B, T)
        logits = super().call(inputs, training=False)["logits"][:, :-1]  # (B, T - 1, V)
        rows = ops.reshape(logits, (-1, logits.shape[-1]))
        own = keras.random.categorical(rows, 1, dtype=given.dtype, seed=seed)
        own = ops.reshape(own, ops.shape(logits)[:-1])  # (B, T - 1)
        taken = self.optimizer.iterations if self._iterations is None else self._iterations
        rate = ops.minimum(ops.cast(taken, "float32") / self.sampling_steps, 1.0)
        rate = self.sampling_rate * rate
        drawn = keras.random.uniform(ops.shape(own), seed=seed) < rate
        return ops.concatenate([given[:, :1], ops.where(drawn, own, given[:, 1:])], axis=1)

    _iterations = None

    def compute_loss_and_updates(self, *args, optimizer_variables=None, **kwargs):
        """As Keras' own on JAX, where the number of steps, too, comes as an argument."""
        if optimizer_variables is not None:
            self._iterations = optimizer_variables[0]
        try:
            return super().compute_loss_and_updates(
                *args, optimizer_variables=optimizer_variables, **kwargs
            )
        finally:
            self._iterations = None

    def compile(self, optimizer="auto", loss="auto", *, weighted_metrics="auto", **kwargs):
        """As `keras.Model.compile`; by default Adam, smoothed cross-entropy, accuracy of tokens.

        Loss and metrics take the labels `(B, T)` and the logits `(B, T, V)`; the weights of the
        labels are 0 at padding, so that metrics belong into `weighted_metrics`.
        """
        if optimizer == "auto":
            optimizer = default_optimizer(self.backbone)
        if loss == "auto":
            loss = SmoothedCrossentropy(self.label_smoothing)
        if weighted_metrics == "auto":
            weighted_metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        super().compile(optimizer=optimizer, loss=loss, weighted_metrics=weighted_metrics, **kwargs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return super().compute_loss(x, y, y_pred["logits"], sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return super().compute_metrics(x, y, y_pred["logits"], sample_weight)

    def translate(
        self,
        texts,
        *,
        beam_width=5,
        length_penalty=1.0,
        sampler=None,
        max_length=None,
        batch_size=64,
        return_attention=False,
        on_blank="error",
    ):
        """Translates raw texts.

        Args:
            texts: A sequence of strings. A blank one has the translation "", and so has one of
                which the model knows no character; the number of the latter is told in a warning.
            beam_width: Number of hypotheses of the beam search; 1 for greedy search.
            length_penalty: Exponent of its length normalisation; see `zoo.samplers.BeamSampler`.
            sampler: One of `keras_hub.samplers`, such as `TopPSampler`, in place of these two.
            max_length: Largest number of tokens of a translation, that of the preprocessor by
                default. Longer ones are cut off there.
            batch_size: Number of texts that go through the network at once.
            return_attention: Whether to give the attention's weights.
            on_blank: With `"none"` texts that are blank or missing (`None`, NaN) have the answer
                `None`; with `"error"` a missing one is an error.

        Returns:
            List of `Translation`, one for each text. A warning says how many texts were longer
            than the model takes, and were cut.

        Raises:
            TypeError: If `texts` is not a list of strings, or `sampler` is no sampler.
            ValueError: If it is empty, another argument is out of its range, or attention is asked
                of a network without.
        """
        self.check_ready(batch_size)
        if return_attention and "attention" not in self.output:
            raise ValueError(
                "`return_attention` must be False for a network without attention, got True."
            )
        generate = self._generator(beam_width, length_penalty, sampler, max_length)
        with in_place_of(sampler, generate):
            return answered(
                texts,
                on_blank,
                lambda texts, blank: check_texts(texts, blank=True),
                lambda texts: self._translate(texts, generate, batch_size, return_attention),
            )

    def _translate(self, texts, generate, batch_size, return_attention):
        answers = [None] * len(texts)
        unknown = 0
        for rows, encoded in text_batches(self, texts, batch_size, unit="tokens"):
            ids = _up_to_end(generate.predict_on_batch(encoded))
            known = self.preprocessor.known(encoded["source_ids"]).numpy()
            unknown += sum(not is_blank(texts[row]) for row, yes in zip(rows, known) if not yes)
            for place, answer in enumerate(self._answers(encoded, ids, known, return_attention)):
                answers[rows[place]] = answer
        if unknown:
            warnings.warn(
                f"{unknown} of {len(texts)} texts have no character that the model knows, and were "
                "not translated.",
                stacklevel=5,
            )
        return answers

    def _answers(self, encoded, ids, known, return_attention):
        """A `Translation` for each row of a batch and of its ids `(B, T)`, 0 after the end."""
        ids = np.where(known[:, None], ids, 0)
        starts = self.preprocessor.starts(len(ids)).numpy()
        targets = np.concatenate([starts, ids[:, :-1]], axis=1)
        targets = np.where(targets == END, 0, targets)
        scored = self._networks.scorer(self.backbone).predict_on_batch(
            {**encoded, "target_ids": targets, "labels": ids}
        )
        written = [text.decode() for text in self.preprocessor.decode(ids).numpy()]
        tokens = self.preprocessor.tokenizer.pieces
        for row, text in enumerate(written):
            source = encoded["source_ids"][row][encoded["source_mask"][row]]
            target = ids[row][ids[row] > 0]
            attention = None
            if return_attention:
                attention = scored["attention"][row, : len(target), ..., : len(source)]
            yield Translation(
                text, float(scored["scores"][row]), tokens(source), tokens(target), attention
            )

    def _generator(self, beam_width, length_penalty, sampler, max_length):
        if max_length is None:
            max_length = self.preprocessor.sequence_length
        check_positive(beam_width=beam_width, max_length=max_length)
        if sampler is not None:
            check_sampler(sampler)
        return self._networks.generator(
            self.backbone, beam_width, length_penalty, sampler, max_length
        )

    def predict(self, x, batch_size=None, verbose="auto", steps=None, callbacks=None):
        """As `keras.Model.predict`; of raw texts the translations, an array of strings `(N,)`.

        They may be a list, or a `tf.data.Dataset` of batches of strings. `translate` has more
        options; `callbacks` are not for raw texts, and no progress is shown.
        """
        raw = self._is_raw(x) or (self.preprocessor and isinstance(x, tf.data.Dataset))
        if not raw:
            return super().predict(x, batch_size, verbose=verbose, steps=steps, callbacks=callbacks)
        if callbacks:
            raise ValueError(f"`callbacks` must be None for raw texts, got {callbacks!r}.")
        batches = [x]
        if isinstance(x, tf.data.Dataset):
            batches = _texts_of_batches(x if steps is None else x.take(steps))
        answers = [self.translate(texts, batch_size=batch_size or 64) for texts in batches]
        return np.array([answer.text for batch in answers for answer in batch], object)

    def has_task_weights(self):
        """True, although all weights are the backbone's: presets have that file, here empty."""
        return True

    def check_labels(self, y):
        """The translations, or an error that names the one which is not a text."""
        return check_texts(y, "y")

    def measure(self, examples, batch_size=64):
        """BLEU, chrF and exact match of the default search; see `apps.metrics`.

        BLEU is left out where `monitor` is the exact match.
        """
        sources, references = _as_lists(examples)
        answers = self.translate(sources, batch_size=batch_size)
        scores = translation_scores([answer.text for answer in answers], references)
        if self.monitor == "exact_match":  # of single words: there are no four in a row for BLEU
            scores = {name: value for name, value in scores.items() if "bleu" not in name}
        return scores

    def figures_of_answers(self, examples, batch_size=64):
        sources, references = _as_lists(examples)
        answers = self.translate(sources, beam_width=1, batch_size=batch_size)
        return translation_scores([answer.text for answer in answers], references)

    def monitoring(self, examples, log_dir):
        sources, references = _as_lists(examples)
        callbacks = [TranslationQuality(sources, references)]
        if "attention" in self.output:
            callbacks.append(AttentionImages(log_dir, sources[:_PICTURES]))
        return callbacks

    def serve(self, texts):
        """The answers for a string tensor `(B,)` as tensors; it becomes the exported signature.

        Returns:
            Dictionary of `translation (B,)`, strings, by beam search with 5 hypotheses.
        """
        inputs, _ = self.preprocessor.encode(texts)
        ids = self._generator(5, 1.0, None, None)(inputs, training=False)
        known = self.preprocessor.known(inputs["source_ids"])
        return {"translation": tf.where(known, self.preprocessor.decode(ids), "")}

    def get_config(self):
        return {
            **super().get_config(),
            "label_smoothing": self.label_smoothing,
            "sampling_rate": self.sampling_rate,
            "sampling_steps": self.sampling_steps,
            "monitor": self.monitor,
        }


class _Networks:
    """The networks that generate and score, which take seconds to make; Keras does not track them.

    Of those that generate the last ones are kept.
    """

    def __init__(self):
        self._generators, self._scorer = collections.OrderedDict(), None

    def generator(self, backbone, beam_width, length_penalty, sampler, max_length):
        key = (beam_width, length_penalty, max_length, kind_of_sampler(sampler))
        if key not in self._generators:
            sampler = sampler or make_sampler(beam_width, length_penalty)
            self._generators[key] = Generator(backbone, sampler, max_length)
        self._generators.move_to_end(key)
        if len(self._generators) > _KEPT:
            self._generators.popitem(last=False)
        return self._generators[key]

    def scorer(self, backbone):
        self._scorer = self._scorer or Scorer(backbone)
        return self._scorer


def _as_lists(examples):
    """Sources, and references: strings, or lists of them."""

    def as_text(value):
        return value.decode() if isinstance(value, bytes) else [each.decode() for each in value]

    return tuple(map(list, zip(*(map(as_text, each) for each in examples.as_numpy_iterator()))))


def _texts_of_batches(dataset):
    """Lists of strings from batches of strings, or of tuples that begin with them."""
    for batch in dataset.as_numpy_iterator():
        texts, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        yield [text.decode() for text in texts]


def _up_to_end(ids):
    """Ids `(B, L)` cut to the longest one, with 0 after each end."""
    after = np.cumsum(ids == END, axis=1) - (ids == END) > 0
    ids = np.where(after, 0, ids)
    return ids[:, : max(1, int(np.sum(np.any(ids > 0, axis=0))))]


def _check_sampling(rate, steps):
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        raise ValueError(f"`sampling_rate` must be a number in [0, 1], got {rate!r}.")
    check_positive(sampling_steps=steps)
