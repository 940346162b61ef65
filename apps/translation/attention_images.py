"""What a translator looks at, epoch by epoch, in TensorBoard."""

import pathlib

import keras
import tensorflow as tf

from apps.attention_picture import draw_attention


class AttentionImages(keras.callbacks.Callback):
    """Writes the alignments of some translations where TensorBoard's "Images" finds them.

    At the end of every epoch the model translates `texts`, and the picture that `draw_attention`
    makes of text `i` is written as `attention/i`, with the epoch as its step, to the folder
    `attention` in `log_dir`. A text whose translation is empty has no picture in that epoch.

    Args:
        log_dir: The folder that TensorBoard reads.
        texts: List of texts to translate, at least one; a few short ones are seen best.

    Raises:
        ValueError: If `texts` is not a list of at least one string; at the end of an epoch, if the
            attention is not in [0, 1], as when training has diverged to NaN.

    Example:
        >>> log = AttentionImages("runs/mine", ["Two trees sway."])
        >>> translator.fit(train_ds, callbacks=[log])  # doctest: +SKIP
    """

    def __init__(self, log_dir, texts):
        super().__init__()
        strings = not isinstance(texts, str) and all(isinstance(text, str) for text in texts)
        if not strings or len(texts) == 0:
            raise ValueError(f"`texts` must be a list of at least one string, got {texts!r}.")
        self.log_dir = pathlib.Path(log_dir)
        self.texts = list(texts)

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(str(self.log_dir / "attention"))

    def on_epoch_end(self, epoch, logs=None):
        answers = self.model.translate(self.texts, return_attention=True)
        with self._writer.as_default(step=epoch):
            for index, answer in enumerate(answers):
                if len(answer.source_tokens) == 0 or len(answer.target_tokens) == 0:
                    continue
                picture = draw_attention(
                    answer.source_tokens, answer.target_tokens, answer.attention
                )
                tf.summary.image(f"attention/{index}", picture[None])

    def on_train_end(self, logs=None):
        self._writer.close()
