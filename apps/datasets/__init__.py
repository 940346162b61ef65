"""Corpora as `tf.data` of pairs: texts with labels, words with tags, texts with translations,
stories and questions with answers.
"""

from apps.datasets.babi_stories import read_babi
from apps.datasets.bucketing import bucket_by_length
from apps.datasets.conll import parse_words, read_conll, read_conllu, write_conll
from apps.datasets.corpora import NAMES, info
from apps.datasets.corpus import Corpus
from apps.datasets.download import Download
from apps.datasets.endless import endless
from apps.datasets.holdout import hold_out
from apps.datasets.loading import load
from apps.datasets.own import register
from apps.datasets.parallel_text import read_pairs, read_parallel
from apps.datasets.pig_latin import to_pig_latin
from apps.datasets.ptb import detokenize
from apps.datasets.text_files import read_utf8, read_utf8_lines

__all__ = [
    "NAMES",
    "Corpus",
    "Download",
    "bucket_by_length",
    "detokenize",
    "endless",
    "hold_out",
    "info",
    "load",
    "parse_words",
    "read_babi",
    "read_conll",
    "read_conllu",
    "read_pairs",
    "read_parallel",
    "read_utf8",
    "read_utf8_lines",
    "register",
    "to_pig_latin",
    "write_conll",
]
