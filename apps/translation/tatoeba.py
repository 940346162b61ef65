"""Sentences of Tatoeba and their translations, as manythings.org selects them."""

import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get
from apps.datasets.hashed_split import hashed_split
from apps.datasets.parallel_text import read_pairs

_CORPORA = {"en_es": info("tatoeba_en_es"), "en_ar": info("tatoeba_en_ar")}
_PERCENT = {"en_es": 5, "en_ar": 10}
_REFERENCES = "_references"


class Tatoeba(tfds.core.GeneratorBasedBuilder):
    """Short English sentences, each with one or more translations by volunteers.

    Configurations:
        en_es: Spanish, of the file `spa.txt`.
        en_ar: Arabic, of the file `ara.txt`.
        en_es_references, en_ar_references: Each English sentence once, with all its translations.

    Splits: the original has none. The letters and digits of the English sentence, casefolded, are
    its key; the key's SHA-256 modulo 100 makes it one of `validation` (0-4 in Spanish, 0-9 in
    Arabic), `test` (5-9, 10-19) or `train`. Sentences that differ in case, punctuation or white
    space alone thus are in one split, as are all translations of a sentence, and a newer file moves
    none. Paraphrases may be in different splits: `I'm hungry.` and `I am hungry.`

    `train` has every pair once. `validation` and `test` have each English sentence once, with the
    first of its translations in the file.

    Features: `source` (English) and `target`, or `references`, in the order of the file. The third
    column, which attributes the sentences to their authors, is not read.

    Reference: https://tatoeba.org and https://www.manythings.org/anki.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = " ".join(f"{how_to_get(c)}." for c in _CORPORA.values())
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name + suffix)
        for name in _CORPORA
        for suffix in ("", _REFERENCES)
    ]
    url_infos = url_infos(*_CORPORA.values())

    def _info(self):
        features = {"source": tfds.features.Text(), "target": tfds.features.Text()}
        if self.builder_config.name.endswith(_REFERENCES):
            del features["target"]
            features["references"] = tfds.features.Sequence(tfds.features.Text())
        return dataset_info(self, _CORPORA[self._pair()], features, tuple(features))

    def _pair(self):
        return self.builder_config.name.removesuffix(_REFERENCES)

    def _split_generators(self, dl_manager):
        paths = locate(_CORPORA[self._pair()], dl_manager)
        translations = {}
        for source, target in read_pairs(paths["train"][0]):  # the splits are of the same file
            translations.setdefault(source, []).append(target)
        by_split = {split: [] for split in paths}
        for source, targets in translations.items():
            split = hashed_split(_key(source), _PERCENT[self._pair()])
            by_split[split].append((source, list(dict.fromkeys(targets))))
        return {split: self._generate_examples(split, by_split[split]) for split in paths}

    def _generate_examples(self, split, translations):
        for index, (source, targets) in enumerate(translations):
            if self.builder_config.name.endswith(_REFERENCES):
                yield index, {"source": source, "references": targets}
                continue
            for place, target in enumerate(targets if split == "train" else targets[:1]):
                yield f"{index}-{place}", {"source": source, "target": target}


def _key(sentence):
    return "".join(filter(str.isalnum, sentence.casefold()))
