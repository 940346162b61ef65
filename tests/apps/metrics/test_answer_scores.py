"""Errors by task."""

import numpy as np
import pytest

from apps.metrics import AnswerScores


def test_errors_by_task():
    scores = AnswerScores()
    scores.add([True, False, True], tasks=[1, 1, 7])
    scores.add([True] * 19 + [False], tasks=[2] * 20)
    figures = scores.result()
    assert figures["accuracy"] == pytest.approx(21 / 23)
    assert figures["error_qa1"] == 0.5
    assert figures["error_qa7"] == 0
    assert figures["error_qa2"] == pytest.approx(0.05)
    assert figures["mean_error"] == pytest.approx(0.55 / 3)
    assert figures["failed_tasks"] == 1  # 5% is not more than 5%
    assert "support" not in figures


def test_support_is_of_questions_that_have_facts():
    scores = AnswerScores()
    attention = np.array([[0.9, 0.1], [0.2, 0.8], [1.0, 0.0]])
    scores.add([True] * 3, supporting=[[0], [0], []], attention=attention)
    assert scores.result() == {"accuracy": 1.0, "support": 0.5}
