"""The Sentiment Labelled Sentences of the UCI repository."""

import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get
from apps.datasets.text_files import read_utf8_lines

_CORPUS = info("uci_sentiment")


class UciSentiment(tfds.core.GeneratorBasedBuilder):
    """Sentences on products, films and restaurants, negative (0) or positive (1).

    The corpus has no splits: `train` is all 3,000 sentences, 500 a class and source. A few occur
    twice.

    Features: `text`, without spaces around it, `label`, and `source`: amazon, imdb or yelp.

    Reference: Kotzias et al. 2015, From Group to Individual Labels using Deep Features (KDD).
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = how_to_get(_CORPUS)
    url_infos = url_infos(_CORPUS)

    def _info(self):
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=_CORPUS.labels),
            "source": tfds.features.Text(),
        }
        return dataset_info(self, _CORPUS, features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(locate(_CORPUS, dl_manager)["train"])}

    def _generate_examples(self, paths):
        for path in paths:
            source = path.name.split("_")[0]
            for number, line in enumerate(read_utf8_lines(path), start=1):
                text, tab, label = line.rpartition("\t")
                if not tab or label.strip() not in {"0", "1"}:
                    raise ValueError(
                        f"{path}, line {number}: expected 'sentence<TAB>0' or 'sentence<TAB>1', "
                        f"got {line!r}"
                    )
                example = {"text": text.strip(), "label": int(label), "source": source}
                yield f"{source}-{number}", example
