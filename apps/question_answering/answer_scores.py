"""Figures of answers to questions on stories."""

import numpy as np

FAILED = 0.05  # share of wrong answers from which a task counts as failed


class AnswerScores:
    """Accuracy, and the errors by task, of batches of answers.

    Where tasks are known there are besides `error_qa1`, `error_qa2`, ..., the share of wrong
    answers in each task; `mean_error`, the mean of these; and `failed_tasks`, the number of tasks
    with an error of more than 5%, as Weston et al. 2015 count them. Where the weights of the
    sentences and the supporting ones are known there is `support`: the share of questions, among
    those with a supporting sentence, for which the sentence with the largest weight is one.

    Example:
        >>> scores = AnswerScores()
        >>> scores.add(np.array([True, False]), tasks=np.array([1, 2]))
        >>> scores.result()["mean_error"], scores.result()["failed_tasks"]
        (0.5, 1)
    """

    def __init__(self):
        self._right, self._tasks, self._supported = [], [], []

    def add(self, right, tasks=None, supporting=None, attention=None):
        """Counts a batch.

        Args:
            right: Boolean array `(B,)`.
            tasks: Integer array `(B,)`, the number of each question's task, or `None`.
            supporting: A list for each question of the indices of the sentences that support the
                answer, or `None`.
            attention: Float array `(B, N)`, or `None`.
        """
        self._right.extend(np.asarray(right, bool))
        if tasks is not None:
            self._tasks.extend(np.asarray(tasks).tolist())
        if supporting is not None and attention is not None:
            best = np.asarray(attention).argmax(axis=-1)
            self._supported.extend(
                top in facts for top, facts in zip(best.tolist(), supporting) if len(facts)
            )

    def result(self):
        """Dictionary of the figures."""
        right = np.array(self._right)
        figures = {"accuracy": float(right.mean())}
        if self._tasks:
            tasks = np.array(self._tasks)
            errors = {task: float(np.mean(~right[tasks == task])) for task in np.unique(tasks)}
            figures["mean_error"] = float(np.mean(list(errors.values())))
            figures["failed_tasks"] = sum(error > FAILED for error in errors.values())
            figures |= {f"error_qa{task}": error for task, error in errors.items()}
        if self._supported:
            figures["support"] = float(np.mean(self._supported))
        return figures
