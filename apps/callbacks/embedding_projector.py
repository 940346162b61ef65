"""Word vectors in TensorBoard's projector."""

import pathlib

import keras
import numpy as np

_CONFIG = """\
embeddings {
  tensor_name: "token_embedding"
  tensor_path: "word_vectors.tsv"
  metadata_path: "words.tsv"
}
"""


class EmbeddingProjector(keras.callbacks.Callback):
    """Writes the word vectors of a task where TensorBoard's projector finds them.

    The files are written at the end of every epoch: `word_vectors.tsv`, `words.tsv` and
    `projector_config.pbtxt`. Keras' own `TensorBoard(embeddings_freq=...)` names a checkpoint that
    the projector cannot read.

    Args:
        log_dir: The folder that TensorBoard reads.
        words: Number of the most frequent words; a browser is slow with more than some thousand.

    Raises:
        ValueError: If `words` is not positive.

    Example:
        >>> classifier.fit(train_ds, callbacks=[EmbeddingProjector("runs/mine")])  # doctest: +SKIP
    """

    def __init__(self, log_dir, words=5000):
        super().__init__()
        if words < 1:
            raise ValueError(f"`words` must be a positive integer, got {words!r}.")
        self.log_dir = pathlib.Path(log_dir)
        self.words = words

    def on_epoch_end(self, epoch, logs=None):
        self.log_dir.mkdir(parents=True, exist_ok=True)
        vectors = keras.ops.convert_to_numpy(self.model.backbone.token_embedding.embeddings)
        words = self.model.preprocessor.tokenizer.get_vocabulary()[: self.words]
        np.savetxt(
            self.log_dir / "word_vectors.tsv", vectors[: self.words], fmt="%.5g", delimiter="\t"
        )
        lines = "".join(word.replace("\t", " ") + "\n" for word in words)
        (self.log_dir / "words.tsv").write_text(lines, "utf-8")
        (self.log_dir / "projector_config.pbtxt").write_text(_CONFIG, "utf-8")
