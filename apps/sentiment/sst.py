"""The Stanford Sentiment Treebank."""

import re

import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.corpora import info
from apps.datasets.folders import how_to_get
from apps.datasets.text_files import read_utf8_lines
from apps.sentiment.ptb import detokenize, labelled_phrases

_BINARY = {0: 0, 1: 0, 3: 1, 4: 1}
_CORPORA = {"binary": info("sst2"), "fine": info("sst5")}
_CORPUS = _CORPORA["binary"]  # the same files


class Sst(tfds.core.GeneratorBasedBuilder):
    """Sentences from film reviews, and optionally every phrase of them, as natural text.

    Configurations:
        binary: Labels 0 and 1 are negative (0), 3 and 4 positive (1); neutral ones are dropped.
            6,920 training and 872 validation sentences.
        fine: Five classes, from very negative (0) to very positive (4). 8,544 and 1,101 sentences.
        binary_phrases, fine_phrases: The training split is every labelled node of the training
            trees, the sentences included, each pair of text and label once. Phrases with the
            words of a validation or test sentence, whatever case and punctuation, are dropped;
            `info.metadata` has their number as `leaked_phrases`. The other splits are the same
            as without phrases.

    The test split is there when `test.txt` is.

    Features: `text` (see `apps.datasets.detokenize`) and `label`; with phrases also `sentences`,
    those that the text is a phrase of, all of the split's.

    Reference: Socher et al. 2013, Recursive Deep Models for Semantic Compositionality Over a
    Sentiment Treebank (EMNLP).
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {"1.1.0": "The sentences of phrases."}
    MANUAL_DOWNLOAD_INSTRUCTIONS = how_to_get(_CORPUS)
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name)
        for name in ("binary", "fine", "binary_phrases", "fine_phrases")
    ]
    url_infos = url_infos(_CORPUS)

    def _info(self):
        corpus = _CORPORA[self.builder_config.name.removesuffix("_phrases")]
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=corpus.labels),
        }
        if self._has_phrases():
            features["sentences"] = tfds.features.Sequence(tfds.features.Text())
        return dataset_info(self, corpus, features)

    def _has_phrases(self):
        return self.builder_config.name.endswith("_phrases")

    def _split_generators(self, dl_manager):
        paths = locate(_CORPUS, dl_manager)
        trees = {split: _read_trees(path) for split, (path,) in paths.items()}
        held_out = {
            _words(nodes[0][0]) for split in trees if split != "train" for nodes in trees[split]
        }
        return {split: self._generate_examples(split, trees[split], held_out) for split in trees}

    def _generate_examples(self, split, trees, held_out):
        if split == "train" and self._has_phrases():
            examples = self._phrases(trees, held_out)
        else:
            examples = ((*root, []) for root in self._relabelled(nodes[0] for nodes in trees))
        for index, (text, label, sentences) in enumerate(examples):
            more = {"sentences": sentences} if self._has_phrases() else {}
            yield index, {"text": text, "label": label, **more}

    def _phrases(self, trees, held_out):
        """Returns each phrase once, with its sentences, if no held-out one has the same words."""
        sentences = {}
        for nodes in trees:
            for phrase in self._relabelled(nodes):
                sentences.setdefault(phrase, {})[nodes[0][0]] = True  # each once, in order
        unseen = {each: of for each, of in sentences.items() if _words(each[0]) not in held_out}
        self.info.metadata["leaked_phrases"] = len(sentences) - len(unseen)
        return [(*phrase, list(of)) for phrase, of in unseen.items()]

    def _relabelled(self, nodes):
        if self.builder_config.name.startswith("fine"):
            return list(nodes)
        return [(text, _BINARY[label]) for text, label in nodes if label in _BINARY]


def _words(text):
    return " ".join(re.findall(r"\w+", text.casefold()))


def _read_trees(path):
    """Returns every tree of a file as its nodes `(text, label)`, the root first."""
    trees = []
    for number, line in enumerate(read_utf8_lines(path), start=1):
        try:
            nodes = labelled_phrases(line)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        trees.append([(detokenize(tokens), label) for label, tokens in nodes])
    return trees
