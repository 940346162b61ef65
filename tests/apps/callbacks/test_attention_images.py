"""The pictures, read back from the event files as TensorBoard reads them."""

import types

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from apps.attention_picture import draw_attention
from apps.callbacks import AttentionImages

TEXTS = ["two trees", "", "sway"]


class StandIn:
    """Answers as a translator does: a word for a word, with heads from the second epoch on."""

    def __init__(self):
        self.epoch = 0

    def translate(self, texts, return_attention=False):
        assert return_attention
        self.epoch += 1
        return [self.answer(text.split()) for text in texts]

    def answer(self, words):
        target = [word.upper() for word in words] * self.epoch
        attention = np.ones((len(target), len(words)), "float32") / max(len(words), 1)
        if self.epoch > 1:
            attention = np.stack([attention, 0 * attention], 1)  # (T, K, S)
        return types.SimpleNamespace(source_tokens=words, target_tokens=target, attention=attention)


def train(callback, epochs):
    callback.set_model(StandIn())
    callback.on_train_begin()
    for epoch in epochs:
        callback.on_epoch_end(epoch)


def read(folder):
    """Tag to step to picture."""
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return {
        tag: {
            event.step: tf.io.decode_png(event.tensor_proto.string_val[2]).numpy()
            for event in events.Tensors(tag)
        }
        for tag in events.Tags()["tensors"]
    }


def test_tensorboard_finds_a_picture_for_each_text_and_epoch(tmp_path):
    callback = AttentionImages(tmp_path / "runs/mine", TEXTS)
    train(callback, epochs=[0, 1])
    callback.on_train_end()
    found = read(tmp_path / "runs/mine/attention")
    assert {tag: sorted(steps) for tag, steps in found.items()} == {
        "attention/0": [0, 1],  # the empty text is skipped, and the others keep their numbers
        "attention/2": [0, 1],
    }
    expected = [
        draw_attention(["two", "trees"], ["TWO", "TREES"], np.full((2, 2), 0.5)),
        draw_attention(["two", "trees"], ["TWO", "TREES"] * 2, np.full((4, 2), 0.25)),
    ]
    for step, picture in enumerate(expected):
        np.testing.assert_array_equal(found["attention/0"][step], picture)
    np.testing.assert_array_equal(
        found["attention/2"][0], draw_attention(["sway"], ["SWAY"], [[1.0]])
    )


def test_an_epoch_is_seen_before_training_ends(tmp_path):
    train(AttentionImages(tmp_path, TEXTS), epochs=[7])
    assert sorted(read(tmp_path / "attention")["attention/0"]) == [7]


def test_training_can_go_on_after_its_end(tmp_path):
    callback = AttentionImages(str(tmp_path), TEXTS[:1])
    for epoch in (0, 1):
        train(callback, epochs=[epoch])
        callback.on_train_end()
    writer = callback._writer
    with pytest.raises(RuntimeError, match="already closed"), writer.as_default():
        tf.summary.scalar("late", 1.0, step=2)
    assert len(list((tmp_path / "attention").iterdir())) == 2


@pytest.mark.parametrize("texts", [[], "two trees", [b"two"], [1]])
def test_texts_are_checked(texts, tmp_path):
    with pytest.raises(ValueError, match="`texts` must be a list of at least one string, got"):
        AttentionImages(tmp_path, texts)
