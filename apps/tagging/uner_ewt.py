"""Universal NER's annotation of the English Web Treebank."""

import tensorflow_datasets as tfds

from apps.datasets.builders import locate, numbered, tagging_info, url_infos
from apps.datasets.conll import read_conll
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get

_CORPUS = info("uner_ewt")


class UnerEwt(tfds.core.GeneratorBasedBuilder):
    """The sentences of the English Web Treebank, with persons, organisations and places (IOB2).

    The public training file is that of the first commit, whose annotators also marked entities of
    two other classes, `OTH` and `O`: they are read as no entities. It has 17 entities fewer than
    the published statistics say (7,005 for 7,022).

    Features: `words` and `tags`.

    Reference: Mayhew et al. 2024, Universal NER: A Gold-Standard Multilingual Named Entity
    Recognition Benchmark (NAACL), arXiv:2311.09122.
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
        sentences = read_conll(
            path, word_column=1, tag_column=2, labels=_CORPUS.labels, outside=("OTH", "O")
        )
        yield from numbered(sentences)
