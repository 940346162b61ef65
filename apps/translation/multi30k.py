"""Multi30k: captions of photographs and their translations."""

import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get
from apps.datasets.parallel_text import read_parallel

_CORPORA = {f"en_{language}": info(f"multi30k_en_{language}") for language in ("de", "fr", "cs")}


class Multi30k(tfds.core.GeneratorBasedBuilder):
    """English captions of photographs, translated by people.

    Configurations:
        en_de: German.
        en_fr: French.
        en_cs: Czech.

    Splits: `train`, `validation`, and `test`, the test set of 2016 on Flickr, when its files are
    there. One English caption is in both the training and the validation split.

    Features: `source` (English) and `target`, the raw texts without white space around them.

    Reference: Elliott et al. 2016, Multi30K: Multilingual English-German Image Descriptions
    (VL), arXiv:1605.00459.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = " ".join(map(how_to_get, _CORPORA.values()))
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=name) for name in _CORPORA]
    url_infos = url_infos(*_CORPORA.values())

    def _info(self):
        features = {"source": tfds.features.Text(), "target": tfds.features.Text()}
        corpus = _CORPORA[self.builder_config.name]
        return dataset_info(self, corpus, features, supervised_keys=("source", "target"))

    def _split_generators(self, dl_manager):
        paths = locate(_CORPORA[self.builder_config.name], dl_manager)
        return {split: self._generate_examples(*pair) for split, pair in paths.items()}

    def _generate_examples(self, source_path, target_path):
        for index, (source, target) in enumerate(read_parallel(source_path, target_path)):
            yield index, {"source": source, "target": target}
