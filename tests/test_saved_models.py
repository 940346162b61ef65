"""The presets as committed: their bytes, their sizes, and what they answer."""

import json
import pathlib
import warnings

import pytest

import zoo
from apps.training import evaluate
from zoo import preset_files

FOLDERS = sorted(pathlib.Path(__file__).resolve().parents[1].glob("saved_models/*"))
PINNED = json.loads(pathlib.Path(__file__).with_name("pinned_answers.json").read_text("utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_files_are_those_of_the_figures(folder):
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    for name, digest in metrics["sha256"].items():
        assert preset_files.sha256(folder / name) == digest, name
    assert {"model.weights.h5", "task.weights.h5"} < set(metrics["sha256"])
    figure = zoo.presets.describe(folder).figure.split()[1]
    assert f"**{figure}**" in (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_preset_is_small(folder):
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 25_000_000


def test_a_figure_that_needs_no_corpus():
    """Pig latin's corpus is bundled: its figure is measured again."""
    figures = evaluate("pig_latin", batch_size=256)
    known = zoo.presets.describe("pig_latin").metrics
    assert figures["exact_match"] == pytest.approx(known["validation_exact_match"], abs=0.003)
    assert figures["examples"] == known["validation_examples"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_pinned_answers(folder):
    pinned, task = PINNED[folder.name], zoo.load(folder.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that one text is cut
        check = {
            "answer": check_answers,
            "classify": check_labels,
            "tag": check_tags,
            "translate": check_translations,
        }
        next(check[verb] for verb in check if hasattr(task, verb))(task, pinned)


def check_labels(task, pinned):
    check_text_and_score(task.classify([text for text, _, _ in pinned]), pinned, "label")


def check_tags(task, pinned):
    answers = task.tag([text for text, _ in pinned], return_scores=True)
    for answer, (text, words) in zip(answers, pinned, strict=True):
        assert list(zip(answer.tokens, answer.tags, strict=True)) == [
            (word, tag) for word, tag, _ in words
        ], text
        assert answer.scores == pytest.approx([score for _, _, score in words], abs=2e-3), text


def check_translations(task, pinned):
    check_text_and_score(task.translate([text for text, _, _ in pinned]), pinned, "text")


def check_answers(task, pinned):
    answers = task.answer([story for story, *_ in pinned], [question for _, question, *_ in pinned])
    check_text_and_score(answers, [row[1:4] for row in pinned], "text")
    for answer, (_, question, _, _, unknown) in zip(answers, pinned, strict=True):
        assert answer.unknown_words == unknown, question


def check_text_and_score(answers, pinned, name):
    for answer, (asked, text, score) in zip(answers, pinned, strict=True):
        assert getattr(answer, name) == text, asked
        assert answer.score == pytest.approx(score, abs=2e-3), asked
