"""The Broad Twitter Corpus."""

import tensorflow_datasets as tfds

from apps.datasets.builders import locate, numbered, tagging_info, url_infos
from apps.datasets.conll import read_conll
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get

_CORPUS = info("btc")


class Btc(tfds.core.GeneratorBasedBuilder):
    """Tweets of several years, regions and kinds of authors, with three classes of entities (IOB2).

    Four words of the original's validation split are empty: they are left out, and with them a
    tweet that has no other word.

    Features: `words` and `tags`.

    Reference: Derczynski, Bontcheva & Roberts 2016, Broad Twitter Corpus: A Diverse Named Entity
    Recognition Resource (COLING).
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = how_to_get(_CORPUS)
    url_infos = url_infos(_CORPUS)

    def _info(self):
        return tagging_info(self, _CORPUS)

    def _split_generators(self, dl_manager):
        paths = locate(_CORPUS, dl_manager)
        return {split: self._generate_examples(path) for split, (path,) in paths.items()}

    def _generate_examples(self, path):
        yield from numbered(read_conll(path, labels=_CORPUS.labels, skip_empty_words=True))
