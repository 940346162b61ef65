"""Questions on stories: a story and a question in, an answer out."""

import dataclasses
import re
import warnings

import keras
import keras_hub
import numpy as np
import tensorflow as tf
from keras_hub.src.utils.preset_utils import get_preset_loader

from apps.preset_task import PresetTask, check_vocabulary
from apps.question_answering_preprocessor import QuestionAnsweringPreprocessor
from apps.raw_text import check_batch_size, check_texts
from zoo import preset_files
from zoo.presets import locate

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[\r\n]+")


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer to one question.

    Attributes:
        text: The likeliest answer.
        score: Its probability.
        sentences: The sentences of the story that the model read.
        attention: The weight of each of them, or `None` for a network without.
        unknown_words: Words of these sentences and of the question that the model never saw.
    """

    text: str
    score: float
    sentences: list
    attention: list | None
    unknown_words: list


@keras.saving.register_keras_serializable("apps")
class QuestionAnswerer(PresetTask, keras_hub.models.Task):
    """Answers questions on stories, with one of a list of answers.

        p = softmax(y W + b)          y: the answer's state of the backbone

    Args:
        backbone: A `StoryGRU`, `EntityNetwork` or `WorkingMemoryNetwork` of `zoo.backbones`.
        preprocessor: A `QuestionAnsweringPreprocessor`; `None` if inputs come encoded.
        answers: Names of the answers; those of `preprocessor` by default.

    Call arguments:
        inputs: Dictionary of `story_ids` and `question_ids`, see the backbones. `fit` and
            `evaluate` take datasets of `({"story": ..., "question": ...}, answer)`, strings, in its
            place, such as batches of `apps.datasets.load("babi_1k", "train")`.

    Returns:
        Probabilities, a float32 tensor `(B, C)`.

    Errors:
        ValueError: If `answers` are not those of the preprocessor.

    Reference: Weston et al. 2015, arXiv:1502.05698.
    """

    preprocessor_cls = QuestionAnsweringPreprocessor

    def __init__(self, backbone, preprocessor=None, answers=None, **kwargs):
        answers = _agreed_answers(answers, preprocessor)
        check_vocabulary(backbone, preprocessor)
        inputs = backbone.input
        outputs = backbone(inputs)
        probabilities = keras.layers.Dense(
            len(answers), activation="softmax", dtype="float32", name="probabilities"
        )(outputs["answer_state"])  # (B, C)
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.answers = answers
        super().__init__(inputs=inputs, outputs=probabilities, **kwargs)
        self._reader = _Reader(inputs, probabilities, outputs.get("attention"))

    def compile(self, optimizer="auto", loss="auto", *, metrics="auto", **kwargs):
        """As `keras.Model.compile`, with defaults: Adam, cross-entropy, accuracy."""
        if optimizer == "auto":
            optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=1.0)
        if loss == "auto":
            loss = keras.losses.SparseCategoricalCrossentropy()
        if metrics == "auto":
            metrics = [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def answer(self, stories, questions, *, batch_size=64):
        """Answers questions on stories.

        Args:
            stories: A list of stories, each a list of sentences, or a string that is split after
                `.`, `!` and `?` and at line ends.
            questions: A list of strings, one for each story.
            batch_size: Number of questions that go through the network at once.

        Returns:
            List of `Answer`, one for each question. A warning says how many stories were longer
            than the model takes, of which the last sentences were kept.

        Raises:
            TypeError: If `stories` or `questions` are not of these types.
            ValueError: If they differ in number, a story has no sentence, or a question no words.
        """
        if self.preprocessor is None:
            raise ValueError("`preprocessor` is None: only with one can raw stories be read.")
        stories, questions = check_stories(stories, questions)
        check_batch_size(batch_size)
        limit = self.preprocessor.story_length
        self._warn_of_cuts(stories, limit)
        stories = [story[-limit:] for story in stories]
        answers = [None] * len(stories)
        order = np.argsort([len(story) for story in stories], kind="stable")[::-1]
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            encoded = self.preprocessor.encode(
                [stories[row] for row in rows], [questions[row] for row in rows]
            )
            encoded = keras.tree.map_structure(np.asarray, encoded)
            outputs = self._reader.model.predict_on_batch(encoded)
            for place, row in enumerate(rows):
                answers[row] = self._answer(outputs, place, stories[row], questions[row])
        return answers

    def _answer(self, outputs, place, story, question):
        probabilities = outputs["probabilities"][place]
        best = int(probabilities.argmax())
        attention = None
        if "attention" in outputs:
            attention = outputs["attention"][place, : len(story)].tolist()
        return Answer(
            self.answers[best],
            float(probabilities[best]),
            story,
            attention,
            self._unknown_words([*story, question]),
        )

    def _unknown_words(self, texts):
        tokenizer = self.preprocessor.tokenizer
        words = tokenizer.split(tf.constant(texts)).flat_values
        unknown = tf.boolean_mask(words, tokenizer.word_ids(words) == 1)
        return list(dict.fromkeys(word.decode("utf-8") for word in unknown.numpy()))

    def _warn_of_cuts(self, stories, limit):
        long = [len(story) for story in stories if len(story) > limit]
        if long:
            warnings.warn(
                f"{len(long)} of {len(stories)} stories have more than `story_length`={limit} "
                f"sentences, of which the last were kept; the longest has {max(long)}.",
                stacklevel=3,
            )

    @classmethod
    def from_preset(cls, preset, load_weights=True, **kwargs):
        """As KerasHub's; the backbone may be of any of the classes."""
        folder = locate(preset)
        preset_files.check(folder)
        return get_preset_loader(folder).load_task(cls, load_weights, load_weights, **kwargs)

    def get_config(self):
        return {**super().get_config(), "answers": list(self.answers)}


class _Reader:
    """The network with the weights of the sentences beside the answers; Keras does not track it."""

    def __init__(self, inputs, probabilities, attention):
        outputs = {"probabilities": probabilities}
        if attention is not None:
            outputs["attention"] = attention
        self.model = keras.Model(inputs, outputs)
        self.model.compile(jit_compile=keras.backend.backend() != "tensorflow")


def check_stories(stories, questions):
    """Stories as lists of sentences, and questions, or an error that names what is wrong."""
    questions = check_texts(questions, "questions")
    if not isinstance(stories, (list, tuple)):
        raise TypeError(
            f"`stories` must be a list of strings or of lists, got {type(stories).__name__}."
        )
    if len(stories) != len(questions):
        raise ValueError(
            "`stories` and `questions` must have the same length, got "
            f"{len(stories)} and {len(questions)}."
        )
    checked = []
    for index, story in enumerate(stories):
        name = f"stories[{index}]"
        if isinstance(story, str):
            story = [part for part in _SENTENCE_END.split(story) if part.strip()]
            if not story:
                raise ValueError(f"`{name}` must have a sentence, got a blank string.")
        checked.append(check_texts(story, name))
    return checked, questions


def _agreed_answers(answers, preprocessor):
    """The answers, which the preprocessor has too."""
    if answers is None and preprocessor is None:
        raise ValueError("`answers` must be a list of names where there is no preprocessor.")
    known = preprocessor.answers if preprocessor is not None else tuple(answers)
    if answers is not None and tuple(answers) != known:
        raise ValueError(f"`answers` must be those of the preprocessor, got {tuple(answers)}.")
    return known
