"""The shared task on novel and emerging entities of W-NUT 2017."""

import tensorflow_datasets as tfds

from apps.datasets.builders import locate, numbered, tagging_info, url_infos
from apps.datasets.conll import read_conll
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get

_CORPUS = info("wnut17")


class Wnut17(tfds.core.GeneratorBasedBuilder):
    """Posts of Twitter, Reddit, YouTube and StackExchange, with six classes of entities (IOB2).

    The entities are meant to be new: few of the training split occur in the others.

    Features: `words` and `tags`.

    Reference: Derczynski et al. 2017, Results of the WNUT2017 Shared Task on Novel and Emerging
    Entity Recognition (W-NUT).
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
        yield from numbered(read_conll(path, labels=_CORPUS.labels))
