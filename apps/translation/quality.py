"""BLEU and its like during training."""

import keras

from apps.translation.bleu_and_chrf import translation_scores


class TranslationQuality(keras.callbacks.Callback):
    """Translates held-out texts after each epoch and adds the scores to the epoch's logs.

    They are `val_bleu`, `val_bleu_lowercase`, `val_chrf` and `val_exact_match`, see
    `apps.metrics.translation_scores`. Give it before callbacks that read the logs, such as
    `keras.callbacks.TensorBoard` or `EarlyStopping`.

    Args:
        texts: List of sources.
        references: List of translations, or of lists of them.
        beam_width: Number of hypotheses of the beam search; 1 for greedy search, which is faster.
        batch_size: Number of texts that go through the network at once.

    Raises:
        ValueError: If `texts` and `references` are not of the same length.

    Example:
        >>> quality = TranslationQuality(["A dog."], ["Ein Hund."])
        >>> translator.fit(train_ds, callbacks=[quality])  # doctest: +SKIP
    """

    def __init__(self, texts, references, beam_width=1, batch_size=64):
        super().__init__()
        if len(texts) != len(references):
            raise ValueError(
                "`texts` and `references` must be of the same length, got "
                f"{len(texts)} and {len(references)}."
            )
        self.texts = list(texts)
        self.references = list(references)
        self.beam_width = beam_width
        self.batch_size = batch_size

    def on_epoch_end(self, epoch, logs=None):
        answers = self.model.translate(
            self.texts, beam_width=self.beam_width, batch_size=self.batch_size
        )
        scores = translation_scores([answer.text for answer in answers], self.references)
        if logs is not None:
            logs.update({f"val_{name}": score for name, score in scores.items()})
