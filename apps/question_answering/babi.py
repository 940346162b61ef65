"""The bAbI tasks: short stories, questions on them and their answers."""

import re

import numpy as np
import tensorflow_datasets as tfds

from apps.datasets.builders import dataset_info, locate, url_infos
from apps.datasets.folders import how_to_get
from apps.question_answering.babi_stories import read_babi
from apps.question_answering.corpora import CORPORA

_CORPORA = {corpus.config: corpus for corpus in CORPORA}
_SUPPORTING = "_supporting"


class Babi(tfds.core.GeneratorBasedBuilder):
    """Twenty tasks, each made by a simulation to need one kind of reasoning.

    Configurations:
        1k, 10k: All tasks, with 1,000 or 10,000 questions each for training and validation.
        1k_qa1 to 1k_qa20, 10k_qa1 to 10k_qa20: One task.
        Each of them with _supporting: The targets are dicts of `answer`, `task` and `supporting`.

    Splits: `train` and `validation` as published in `en-valid` and `en-valid-10k`, and `test` when
    its files are there. Nearly all questions of the 1k set are also in the 10k set, be it in
    training or validation. A question may be in both parts of one set: of the 10k set, 725 of the
    1,000 questions of task 4 in `validation` are also in `train`.

    Where the training file of task 3 in the 10k set is missing, the 1,000 questions of the 1k set
    stand in for it, and those of them that are in `validation` are left out there: 925 remain.

    Features: `story`, the sentences before the question; `question`; `answer`, one string even if
    it is a list; `task`, from 1 to 20; `supporting`, indices of the sentences that support the
    answer, in the order of the file.

    Reference: Weston et al. 2015, Towards AI-Complete Question Answering: A Set of Prerequisite Toy
    Tasks, arXiv:1502.05698.
    """

    VERSION = tfds.core.Version("1.0.0")
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"{how_to_get(_CORPORA['1k'])}."
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=name + suffix)
        for name in _CORPORA
        for suffix in ("", _SUPPORTING)
    ]
    url_infos = url_infos(*_CORPORA.values())

    def _info(self):
        features = {
            "story": tfds.features.Sequence(tfds.features.Text()),
            "question": tfds.features.Text(),
            "answer": tfds.features.Text(),
            "task": tfds.features.Scalar(np.int64),
            "supporting": tfds.features.Sequence(np.int64),
        }
        inputs, targets = {"story": "story", "question": "question"}, "answer"
        if self.builder_config.name.endswith(_SUPPORTING):
            targets = {"answer": "answer", "task": "task", "supporting": "supporting"}
        return dataset_info(self, self._corpus(), features, supervised_keys=(inputs, targets))

    def _corpus(self):
        return _CORPORA[self.builder_config.name.removesuffix(_SUPPORTING)]

    def _split_generators(self, dl_manager):
        paths = locate(self._corpus(), dl_manager)
        return {split: self._generate_examples(paths[split]) for split in paths}

    def _generate_examples(self, paths):
        names = ("story", "question", "answer", "supporting")
        for path in paths:
            task = int(re.match(r"qa(\d+)_", path.name)[1])
            for index, question in enumerate(self._questions(path)):
                yield f"{task}-{index}", {"task": task, **dict(zip(names, question))}

    def _questions(self, path):
        """Returns the questions of a file, or those that stand in for it where it is missing.

        Those that stand in for a training file are left out of its validation file.
        """
        if not path.exists():
            others = self._corpus().stand_ins[f"{path.parent.name}/{path.name}"]
            folder = path.parent.parent
            return [question for other in others for question in read_babi(folder / other)]
        questions = read_babi(path)
        train_path = path.with_name(path.name.replace("_valid", "_train"))
        if train_path.exists():
            return questions
        seen = set(self._questions(train_path))
        return [question for question in questions if question not in seen]
