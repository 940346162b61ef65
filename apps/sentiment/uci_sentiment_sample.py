"""The sample of 600 sentences that the package brings along."""

from pathlib import Path

import tensorflow as tf

from apps.datasets.text_files import read_utf8_lines

_PATH = Path(__file__).with_suffix(".tsv")


def load_sample(split):
    """Returns a split of the bundled sample as a `tf.data.Dataset` of (text, label).

    How the sentences were chosen, and their licence: `uci_sentiment_sample.txt` beside this file.

    Args:
        split: "train" (480 sentences) or "validation" (120).
    """
    rows = [line.split("\t") for line in read_utf8_lines(_PATH)[1:]]
    texts = [text for row_split, _, _, text in rows if row_split == split]
    labels = [int(label) for row_split, _, label, _ in rows if row_split == split]
    return tf.data.Dataset.from_tensor_slices((texts, tf.constant(labels, tf.int64)))
