"""Scores of translations are those of sacrebleu, of its documentation and by hand."""

import math

import pytest
import sacrebleu

from apps.callbacks import TranslationQuality
from apps.metrics import translation_scores

# The example of sacrebleu's README, which gives BLEU 48.53 and chrF2 59.73.
README = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
README_REFERENCES = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
]


def test_the_figures_of_the_documentation():
    scores = translation_scores(README, README_REFERENCES)
    assert round(scores["bleu"], 2) == 48.53
    assert round(scores["chrf"], 2) == 59.73
    assert scores["exact_match"] == 1 / 3
    assert set(scores) == {"bleu", "bleu_lowercase", "chrf", "exact_match"}


def test_one_reference_each():
    translations = ["Ein Hund rennt durch den tiefen Schnee.", "Zwei Männer sitzen."]
    references = ["Ein Hund läuft durch den tiefen Schnee.", "Zwei Frauen sitzen."]
    scores = translation_scores(translations, references)
    # Words that match, of 8 + 4; pairs, of 7 + 3; and so on.
    precisions = [7 + 3, 5 + 1, 3 + 0, 2 + 0], [8 + 4, 7 + 3, 6 + 2, 5 + 1]
    expected = 100 * math.prod(m / n for m, n in zip(*precisions)) ** 0.25
    assert scores["bleu"] == pytest.approx(expected)
    assert scores == translation_scores(translations, [[each] for each in references])
    assert scores["exact_match"] == 0


def test_short_translations_are_punished():
    scores = translation_scores(["a b c d e"], ["a b c d e f g h i j"])
    assert scores["bleu"] == pytest.approx(100 * math.exp(1 - 10 / 5))


def test_references_of_unequal_number():
    translations = ["a b c d e f", "g h i j k", "l m n o p"]
    references = [
        ["a b c x e f", "a b c d y f", "z"],
        ["g h i j k"],
        ["l m o n p", "l m n o q r"],
    ]
    streams = [
        ["a b c x e f", "g h i j k", "l m o n p"],
        ["a b c d y f", None, "l m n o q r"],
        ["z", None, None],
    ]
    scores = translation_scores(translations, references)
    assert scores["bleu"] == sacrebleu.BLEU().corpus_score(translations, streams).score
    assert scores["chrf"] == sacrebleu.CHRF().corpus_score(translations, streams).score
    assert scores["exact_match"] == 1 / 3
    first = translation_scores(translations, [each[0] for each in references])
    assert first["bleu"] < scores["bleu"]


def test_case():
    scores = translation_scores(["THE DOG BIT the man ."], ["the dog bit the man ."])
    assert scores["bleu"] < 60
    assert scores["bleu_lowercase"] == pytest.approx(100)
    assert scores["exact_match"] == 0


def test_exact_match_is_of_any_reference():
    translations, references = ["a", "b", "", "d"], [["x", "a"], "b", "c", ["D"]]
    assert translation_scores(translations, references)["exact_match"] == 0.5


def test_empty_translations_have_no_score():
    assert set(translation_scores(["", ""], ["a b", "c"]).values()) == {0.0}


@pytest.mark.parametrize(
    ("translations", "references", "message"),
    [
        ([], [], "must be of the same length, at least 1, got 0 and 0"),
        (["a"], ["a", "b"], "must be of the same length, at least 1, got 1 and 2"),
        (["a", "b"], [["a"], []], r"`references\[1\]` must have a reference, got none"),
    ],
)
def test_bad_lists(translations, references, message):
    with pytest.raises(ValueError, match=message):
        translation_scores(translations, references)


def test_the_callback_checks_its_lists():
    with pytest.raises(ValueError, match="`texts` and `references` must be of the same length"):
        TranslationQuality(["a", "b"], ["c"])
