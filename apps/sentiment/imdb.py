"""The Large Movie Review Dataset."""

import re

import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get
from apps.datasets.text_files import read_utf8

_CORPUS = info("imdb")
_LABELS = {"neg": 0, "pos": 1, "unsup": -1}
_FILE_NAME = re.compile(r"(\d+)_\d+\.txt")


class Imdb(tfds.core.GeneratorBasedBuilder):
    """Long film reviews, negative (0) or positive (1), as they are in the original files.

    Splits: `validation` is every tenth review of the labelled training part by ID (ID % 10 == 0,
    both classes, 2,500 reviews), `train` the other 22,500, `unsupervised` 50,000 reviews with the
    label -1, and `test` the 25,000 of the test part, when its files are there. Fifteen of the
    reviews in `validation` are also in `train`, in other case or punctuation at most.

    Features: `text`, `label`, and `id`, e.g. `train/pos/127_7`.

    Reference: Maas et al. 2011, Learning Word Vectors for Sentiment Analysis (ACL).
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = how_to_get(_CORPUS)
    url_infos = url_infos(_CORPUS)

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=_CORPUS.labels),
            "id": tfds.features.Text(),
        }
        return dataset_info(self, _CORPUS, features)

    def _split_generators(self, dl_manager):
        folders = locate(_CORPUS, dl_manager)
        return {split: self._generate_examples(folders[split], split) for split in folders}

    def _generate_examples(self, folders, split):
        for part, folder in zip(_CORPUS.files[split], folders):
            for path in sorted(folder.glob("[!.]*")):
                number = _FILE_NAME.fullmatch(path.name)
                if not number:
                    raise ValueError(f"{path}: expected a file called ID_RATING.txt")
                tenth = int(number[1]) % 10 == 0
                if (split, tenth) in {("train", True), ("validation", False)}:
                    continue
                example_id = f"{part}/{path.stem}"
                text = read_utf8(path)
                yield (
                    example_id,
                    {"text": text, "label": _LABELS[path.parent.name], "id": example_id},
                )
