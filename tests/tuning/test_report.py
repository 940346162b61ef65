"""What is said of trials whose figures are uncertain."""

import io
import math

import numpy as np
import pytest
from rich.console import Console

from tuning.objectives import standard_error
from tuning.report import TrialSummary, are_alike, remark, trials_table


def trial(number, parts, status="done"):
    figure = float(np.mean(parts)) if parts else None
    return TrialSummary(
        str(number), status, {"units": number}, figure, standard_error(parts), tuple(parts)
    )


def test_the_standard_error_is_that_of_the_mean_of_parts():
    parts = np.random.default_rng(0).normal(0.7, 0.1, 10).tolist()
    expected = np.std(parts, ddof=1) / np.sqrt(10)
    assert standard_error(parts) == pytest.approx(expected)
    assert standard_error([0.5]) is None
    assert standard_error([0.5, math.nan]) is None


def test_the_standard_error_of_an_accuracy_is_that_of_its_binomial():
    """In the mean: the share of right answers among `n` has the variance `p (1 - p) / n`."""
    generator = np.random.default_rng(0)
    right = generator.random((2000, 10, 20)) < 0.8
    squares = [standard_error(parts) ** 2 for parts in right.mean(axis=-1).tolist()]
    assert np.mean(squares) == pytest.approx(0.8 * 0.2 / 200, rel=0.05)


def test_trials_are_compared_on_the_same_parts():
    one = [0.5, 0.7, 0.9, 0.6]
    better = [figure + 0.02 + noise for figure, noise in zip(one, (0.001, 0.0, -0.001, 0.0))]
    noisy = [figure + noise for figure, noise in zip(one, (0.1, -0.05, 0.02, 0.01))]
    assert are_alike(trial(0, one), trial(1, better)) is False  # though both are uncertain
    assert are_alike(trial(0, one), trial(1, noisy)) is True
    assert are_alike(trial(0, one), trial(1, one)) is True
    assert are_alike(trial(0, one), trial(1, [])) is None
    assert are_alike(trial(0, one), trial(1, one[:3])) is None


def test_the_best_two_of_a_table():
    one = [0.5, 0.7, 0.9, 0.6]
    alike = [trial(3, one), trial(5, [0.6, 0.6, 0.9, 0.6]), trial(6, [], "failed")]
    assert remark(alike).startswith("Trials 3 and 5 cannot be told apart: ")
    assert remark([trial(3, one), trial(5, [figure - 0.3 for figure in one])]) == ""
    assert remark(alike[:1]) == remark([]) == ""
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(trials_table(alike, "accuracy"))
    text = console.export_text()
    assert "0.675 ± 0.085" in text
    assert "cannot be told apart" in text
