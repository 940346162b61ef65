"""Corpora as `tf.data` of pairs: texts with labels, words with tags, texts with translations,
stories and questions with answers.
"""

from apps import registry
from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Corpus": "apps.datasets.corpus",
        "Download": "apps.datasets.download",
        "NAMES": "apps.datasets.corpora",
        "bucket_by_length": "apps.datasets.bucketing",
        "endless": "apps.datasets.repeating",
        "hold_out": "apps.datasets.holdout",
        "info": "apps.datasets.corpora",
        "load": "apps.datasets.loading",
        "parse_words": "apps.datasets.conll",
        "read_conll": "apps.datasets.conll",
        "read_conllu": "apps.datasets.conll",
        "read_pairs": "apps.datasets.parallel_text",
        "read_parallel": "apps.datasets.parallel_text",
        "read_utf8": "apps.datasets.text_files",
        "read_utf8_lines": "apps.datasets.text_files",
        "register": "apps.datasets.own",
        "write_conll": "apps.datasets.conll",
        **registry.exports(__name__),
    },
)
