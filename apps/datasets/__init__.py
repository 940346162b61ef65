"""Corpora as `tf.data` of (raw text, label), and what it takes to batch them well."""

from apps.datasets.bucketing import bucket_by_length
from apps.datasets.corpora import NAMES, info
from apps.datasets.corpus import Corpus
from apps.datasets.loading import load
from apps.datasets.ptb import detokenize
from apps.datasets.text_files import read_utf8, read_utf8_lines

__all__ = [
    "NAMES",
    "Corpus",
    "bucket_by_length",
    "detokenize",
    "info",
    "load",
    "read_utf8",
    "read_utf8_lines",
]
