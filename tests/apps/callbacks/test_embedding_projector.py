"""The projector's files, read as TensorBoard reads them."""

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from apps.callbacks import EmbeddingProjector
from tests.toy_data import TRAINING_LABELS, TRAINING_TEXTS


def test_tensorboard_can_read_the_files(make_classifier, tmp_path):
    classifier = make_classifier()
    log = EmbeddingProjector(tmp_path / "logs", words=6)
    classifier.fit(TRAINING_TEXTS, TRAINING_LABELS, verbose=0, callbacks=[log])
    text = (tmp_path / "logs/projector_config.pbtxt").read_text()
    (embedding,) = text_format.Parse(text, ProjectorConfig()).embeddings
    vectors = np.loadtxt(tmp_path / "logs" / embedding.tensor_path, delimiter="\t")
    np.testing.assert_allclose(vectors, classifier.backbone.get_weights()[0][:6], rtol=1e-3)
    words = (tmp_path / "logs" / embedding.metadata_path).read_text("utf-8").splitlines()
    assert words == classifier.preprocessor.tokenizer.get_vocabulary()[:6]


def test_words_are_checked(tmp_path):
    with pytest.raises(ValueError, match="`words` must be a positive integer, got 0"):
        EmbeddingProjector(tmp_path, words=0)
