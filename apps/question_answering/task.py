"""Questions on stories: a story and a question in, an answer out."""

import dataclasses
import warnings

import keras
import keras_hub
import numpy as np
import tensorflow as tf

from apps import datasets
from apps.core.classifier_task import ClassifierTask
from apps.core.precision import probabilities
from apps.core.preset_task import agreed_names, check_vocabulary
from apps.core.raw_text import asks_for_none, ragged_strings
from apps.metrics import AnswerScores
from apps.question_answering.preprocessor import QuestionAnsweringPreprocessor
from apps.question_answering.stories import check_answers, check_stories, with_fillings


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
class QuestionAnswerer(ClassifierTask, keras_hub.models.Task):
    """Answers questions on stories, with one of a list of answers.

        p = softmax(y W + b)          y: the answer's state of the backbone

    Args:
        backbone: A `StoryGRU`, `EntityNetwork` or `TensorProductNetwork` of `zoo.backbones`.
        preprocessor: A `QuestionAnsweringPreprocessor`; `None` if inputs come encoded.
        answers: Names of the answers; those of `preprocessor` by default.

    Call arguments:
        inputs: Dictionary of `story_ids` and `question_ids`, see the backbones. `fit`, `evaluate`
            and `predict` take raw strings in its place: a dictionary of `story`, a list of lists of
            sentences or of strings to be split, and `question`, a list of strings, with a list of
            answers; or a `tf.data.Dataset` of batches of them, such as those of
            `apps.datasets.bucket_by_length(apps.datasets.load("babi_1k", "train"), 32)`.

    Returns:
        Probabilities `(B, C)`, in float32 at least.

    Errors:
        ValueError: If `answers` are not those of the preprocessor.

    Example:
        >>> import zoo
        >>> answerer = zoo.load("qa_babi")
        >>> story = "Mary went to the garden. John went to the office. Mary got the milk there."
        >>> answerer.answer([story], ["Where is the milk?"])[0].text
        'garden'

    Reference: Weston et al. 2015, arXiv:1502.05698.
    """

    preprocessor_cls = QuestionAnsweringPreprocessor
    serve_inputs = ("stories", "questions")

    def __init__(self, backbone, preprocessor=None, answers=None, **kwargs):
        answers = agreed_names("answers", answers, preprocessor)
        check_vocabulary(backbone, preprocessor)
        inputs = backbone.input
        outputs = backbone(inputs)
        answer = probabilities(outputs["answer_state"], backbone, len(answers))  # (B, C)
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.answers = answers
        super().__init__(inputs=inputs, outputs=answer, **kwargs)
        self._reader = _Reader(inputs, answer, outputs.get("attention"))

    def forget_networks(self):
        self._reader.model.predict_function = None

    def answer(self, stories, questions, *, batch_size=64, on_blank="error"):
        """Answers questions on stories.

        Args:
            stories: A sequence of stories, each a list of sentences, or a string that is split
                after `.`, `!` and `?` and at line ends.
            questions: A sequence of strings, one for each story.
            batch_size: Number of questions that go through the network at once.
            on_blank: What to do where a story or its question is blank or missing (`None`, NaN):
                `"error"`, or `"none"` for the answer `None`.

        Returns:
            List of `Answer`, one for each question. A warning says how many stories were longer
            than the model takes, of which the last sentences were kept.

        Raises:
            TypeError: If `stories` or `questions` are not of these types.
            ValueError: If they differ in number, a story has no sentence, or a question no words.
        """
        self.check_ready(batch_size)
        if not asks_for_none(on_blank):
            return self._answer(*check_stories(stories, questions), batch_size)
        stories, questions, kept = with_fillings(stories, questions)
        stories, questions = check_stories(stories, questions)
        answers = [None] * len(stories)
        if kept:
            pairs = ([each[row] for row in kept] for each in (stories, questions))
            for row, answer in zip(kept, self._answer(*pairs, batch_size)):
                answers[row] = answer
        return answers

    def _answer(self, stories, questions, batch_size):
        limit = self.preprocessor.story_length
        _warn_of_cuts(stories, limit)
        stories = [story[-limit:] for story in stories]
        answers = [None] * len(stories)
        order = np.argsort([len(story) for story in stories], kind="stable")[::-1]
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            some, asked = [stories[row] for row in rows], [questions[row] for row in rows]
            for row, answer in zip(rows, self._answers(*self._read(some, asked), some, asked)):
                answers[row] = answer
        return answers

    def _answers(self, encoded, outputs, stories, questions):
        """The answers of a batch."""
        probabilities = outputs["probabilities"]
        best = probabilities.argmax(axis=-1)
        unknown = (encoded["story_ids"] == 1).any(axis=(1, 2))
        unknown = unknown | (encoded["question_ids"] == 1).any(axis=1)
        for row, (story, question) in enumerate(zip(stories, questions)):
            attention = None
            if "attention" in outputs:
                attention = outputs["attention"][row, : len(story)].tolist()
            yield Answer(
                self.answers[best[row]],
                float(probabilities[row, best[row]]),
                story,
                attention,
                self._unknown_words([*story, question]) if unknown[row] else [],
            )

    def _unknown_words(self, texts):
        tokenizer = self.preprocessor.tokenizer
        words = tokenizer.split(tf.constant(texts)).flat_values
        unknown = tf.boolean_mask(words, tokenizer.word_ids(words) == 1)
        return list(dict.fromkeys(word.decode("utf-8") for word in unknown.numpy()))

    def measure(self, examples, batch_size=64):
        """The figures of a report.

        Args:
            examples: A `tf.data.Dataset` of `({"story": ..., "question": ...}, target)`, the target
                an answer or a dictionary of `answer`, `task` and `supporting`; see
                `apps.datasets.load`.
            batch_size: Number of questions that go through the network at once.

        Returns:
            Dictionary of `accuracy`, and with tasks that of `apps.metrics.AnswerScores`.
        """
        scores = AnswerScores()
        for x, target in datasets.bucket_by_length(examples, batch_size):
            target = target if isinstance(target, dict) else {"answer": target}
            _, outputs = self._read(x["story"], x["question"])
            right = self.preprocessor.answer_ids(target["answer"]).numpy()
            right = outputs["probabilities"].argmax(axis=-1) == right
            supporting = target["supporting"].to_list() if "supporting" in target else None
            scores.add(right, target.get("task"), supporting, outputs.get("attention"))
        return scores.result()

    def _read(self, stories, questions):
        """The network's inputs for a batch, and its outputs, as NumPy arrays."""
        encoded = self.preprocessor.encode(stories, questions)
        encoded = keras.tree.map_structure(np.asarray, encoded)
        return encoded, self._reader.model.predict_on_batch(encoded)

    def serve(self, stories, questions):
        """The answers for string tensors `(B,)`; it becomes the exported signature.

        Returns:
            Dictionary of `answer (B,)`, a string, `score (B,)` and `probabilities (B, C)`; and with
            attention of `sentences (B, N)`, strings, empty at padding, and `attention (B, N)`.
        """
        sentences = self.preprocessor.split(stories)[:, -self.preprocessor.story_length :]
        outputs = self._reader.model(self.preprocessor.encode(sentences, questions), training=False)
        probabilities = outputs["probabilities"]
        answers = {
            "answer": tf.gather(tf.constant(self.answers), tf.argmax(probabilities, axis=-1)),
            "score": tf.reduce_max(probabilities, axis=-1),
            "probabilities": probabilities,
        }
        if "attention" in outputs:
            answers["attention"] = outputs["attention"]
            answers["sentences"] = sentences.to_tensor(shape=tf.shape(outputs["attention"]))
        return answers

    def check_inputs(self, x):
        """Pairs of a story, a list of sentences, and a question; see the class for `x`."""
        if set(x) != {"story", "question"}:
            raise ValueError(f"`x` must have the keys 'story' and 'question', got {sorted(x)}.")
        names = ("x['story']", "x['question']")
        return list(zip(*check_stories(x["story"], x["question"], names)))

    @property
    def class_names(self):
        return self.answers

    def check_labels(self, y):
        check_answers(y, self.answers)
        return y

    def input_tensors(self, rows):
        stories, questions = zip(*rows)
        return {"story": ragged_strings(stories), "question": tf.constant(questions)}

    def _is_raw(self, x):
        return self.preprocessor is not None and isinstance(x, dict) and "story" in x

    @classmethod
    def from_preset(cls, preset, load_weights=True, *, answers=None, **kwargs):
        """As KerasHub's; the backbone may be of any of the classes.

        `answers`, a list of names, give the task a new, untrained head.
        """
        task = super().from_preset(preset, load_weights, **kwargs)
        if answers is None:
            return task
        old = task.preprocessor
        preprocessor = QuestionAnsweringPreprocessor(old.tokenizer, answers, old.story_length)
        return task.with_head(preprocessor, answers=answers)

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


def _warn_of_cuts(stories, limit):
    long = [len(story) for story in stories if len(story) > limit]
    if long:
        warnings.warn(
            f"{len(long)} of {len(stories)} stories have more than `story_length`={limit} "
            f"sentences, of which the last were kept; the longest has {max(long)}.",
            stacklevel=4,
        )
