"""The English Web Treebank of Universal Dependencies."""

import tensorflow_datasets as tfds

from apps.datasets.builders import locate, numbered, tagging_info, url_infos
from apps.datasets.conll import read_conllu
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get

_CORPORA = {"upos": info("ewt_upos"), "xpos": info("ewt_xpos")}
_CORPUS = _CORPORA["upos"]  # the same files


class Ewt(tfds.core.GeneratorBasedBuilder):
    """Sentences of blogs, e-mails, newsgroups, reviews and answers, with a part of speech a word.

    Configurations:
        upos: The 17 universal parts of speech.
        xpos: 49 of English, those of the Penn Treebank and some for the web.

    A word is a syntactic one: `don't` is `do` and `n't`.

    Features: `words` and `tags`.

    Reference: Silveira et al. 2014, A Gold Standard Dependency Corpus for English (LREC).
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = how_to_get(_CORPUS)
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=name) for name in _CORPORA]
    url_infos = url_infos(_CORPUS)

    def _info(self):
        return tagging_info(self, _CORPORA[self.builder_config.name])

    def _split_generators(self, dl_manager):
        paths = locate(_CORPUS, dl_manager)
        return {split: self._generate_examples(path) for split, (path,) in paths.items()}

    def _generate_examples(self, path):
        yield from numbered(read_conllu(path, self.builder_config.name))
