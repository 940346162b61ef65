"""Recipes of question answerers, and what the command prints of their presets."""

import io
import json

import pytest
from rich.console import Console
from toys import load_once

import zoo
from apps.answers import printer
from apps.question_answering.conversation import converse
from apps.recipes import read_recipe
from apps.training import from_recipe as training

NAMES, PLACES = ("Mary", "John", "Sandra"), ("garden", "office")
RECIPE = {
    "name": "tiny_qa",
    "app": "question_answering",
    "seed": 1,
    "data": {"name": "babi_1k", "repeat": {"babi_1k_qa1": 2}},
    "preprocessor": {"story_length": 20},
    "network": {
        "kind": "tensor_product",
        "units": 64,
        "entity_dim": 32,
        "relation_dim": 16,
        "hops": 2,
        "chains": 4,
    },
    "fit": {"epochs": 6, "batch_size": 8, "learning_rate": 0.003},
}


def story(who, place, other, elsewhere):
    return (
        f"1 {who} went to the {place}.\n2 {other} went to the {elsewhere}.\n"
        f"3 Where is {who}?\t{place}\t1\n4 Where is {other}?\t{elsewhere}\t2\n"
    )


def write_corpus(folder):
    """All tasks alike: two people in two places."""
    pairs = [(who, other) for who in NAMES for other in NAMES if who != other]
    places = [(place, other) for place in PLACES for other in PLACES if place != other]
    stories = [story(a, x, b, y) for a, b in pairs for x, y in places]
    (folder / "babi/en-valid").mkdir(parents=True)
    for task in range(1, 21):
        for stem, texts in (("train", stories), ("valid", stories[task % 6 :][:2])):
            (folder / f"babi/en-valid/qa{task}_{stem}.txt").write_text("".join(texts))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("questions")
    write_corpus(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder / "prepared"))
        metrics = training.train(
            RECIPE, folder / "tiny_qa", run_dir=folder / "run", data_dir=folder / "data", verbose=0
        )
        figures = training.evaluate(str(folder / "tiny_qa"), data_dir=folder / "data")
    return folder / "tiny_qa", metrics, figures


@pytest.fixture(autouse=True)
def loaded_once(models, monkeypatch):
    load_once(models, monkeypatch)


def test_figures_files_and_card(trained):
    preset, metrics, figures = trained
    assert metrics["monitor"] == "validation_accuracy"
    assert figures["accuracy"] > 0.8
    assert figures["examples"] == 80
    errors = [figures[f"error_qa{task}"] for task in range(1, 21)]
    assert figures["mean_error"] == pytest.approx(sum(errors) / 20)
    assert figures["failed_tasks"] == sum(error > 0.05 for error in errors)
    assert 0 <= figures["support"] <= 1
    card = (preset / "README.md").read_text()
    assert f"**{figures['accuracy']:.2%}**, 80 questions" in card
    assert "| error of qa20 on the validation part |" in card
    assert "| tasks with an error of more than 5% on the validation part |" in card
    assert "babi_1k, babi_1k_qa1 2 more times" in card
    assert "Of stories of more than 20 sentences the last are kept" in card
    recipe = json.loads((preset / "recipe.json").read_text())
    assert recipe == read_recipe(RECIPE).model_dump(mode="json")
    words = (preset / "assets/tokenizer/vocabulary.txt").read_text().split()
    assert {"sandra", "where", "?"} < set(words)


def test_another_preset_starts_from_it(trained, tmp_path, monkeypatch):
    folder = trained[0].parent
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder / "prepared"))
    recipe = {
        **RECIPE,
        "name": "next_qa",
        "start_from": str(trained[0]),
        "data": {"name": "babi_1k_qa2"},
        "fit": {"epochs": 1},
    }
    training.train(
        recipe, tmp_path / "next", run_dir=tmp_path / "run", data_dir=folder / "data", verbose=0
    )
    assert zoo.load(tmp_path / "next").backbone.units == 64
    with pytest.raises(ValueError, match="`start_from` must be a preset with a EntityNetwork"):
        training.train(
            {**recipe, "network": {"kind": "entity_network"}},
            tmp_path / "none",
            run_dir=tmp_path / "run2",
            data_dir=folder / "data",
        )


STORY = "Mary went to the garden.\nJohn went to the office. He took the zeppelin."


def test_predict_prints_answers_weights_and_unknown_words(trained, run, tmp_path):
    (tmp_path / "story.txt").write_text(STORY)
    arguments = (trained[0], "Where is Mary?", "--story", tmp_path / "story.txt")
    code, output, _ = run("predict", *arguments)
    first, unknown, *bars = output.splitlines()
    assert code == 0
    assert first.split("\t")[0] == "garden"
    assert first.split("\t")[2] == "Where is Mary?"
    assert unknown == "  unknown words: he, took, zeppelin"
    assert [bar[-24:] for bar in bars] == [
        "Mary went to the garden.",
        "John went to the office.",
        " He took the zeppelin.",
    ] or [bar.split(maxsplit=1)[1].lstrip("█ ") for bar in bars] == [
        "Mary went to the garden.",
        "John went to the office.",
        "He took the zeppelin.",
    ]
    _, output, _ = run("predict", *arguments, "--json")
    answer = json.loads(output)
    assert answer["answer"] == "garden"
    assert sum(answer["attention"]) == pytest.approx(1, abs=1e-4)
    assert answer["sentences"][2] == "He took the zeppelin."


def test_bars_on_a_terminal(trained):
    show = printer(zoo.load(trained[0]))
    show.read(STORY)
    answer = {**show.answers(["Where is Mary?"], 1)[0], "attention": [0.5, 0.25, 0.0]}
    terminal = io.StringIO()
    Console(file=terminal, force_terminal=True, soft_wrap=True).print(show.line(answer))
    assert "0.50 \x1b[36m██████████          \x1b[0m Mary went" in terminal.getvalue()
    assert "█" not in show.line(answer).plain.splitlines()[-1]
    assert show.line(show.answers([" "], 1)[0]).plain == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "There is no story: give `--story`"),
        (["--story", "none.txt"], "`--story` names a file that is not there: none.txt"),
        (["--story", "blank.txt"], "`--story` must have sentences, got a blank file"),
        (["--story", "latin.txt"], "latin.txt, line 2"),
    ],
)
def test_stories_that_cannot_be_read(trained, run, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blank.txt").write_text(" \n")
    (tmp_path / "latin.txt").write_bytes(b"Mary left.\nCaf\xe9.\n")
    code, _, error = run("predict", trained[0], "Where is Mary?", *options)
    assert code == 2
    assert message in error


def test_a_story_is_only_for_question_answerers(run, tmp_path):
    (tmp_path / "story.txt").write_text(STORY)
    code, _, error = run("predict", "sentiment_sst2", "fine", "--story", tmp_path / "story.txt")
    assert code == 2
    assert "`--story` is for question answerers, got the preset 'sentiment_sst2'" in error
    code, _, error = run("ask", "sentiment_sst2")
    assert code == 2
    assert "`ask` is for question answerers" in error


def test_ask(trained, run, monkeypatch):
    lines = "Mary went to the garden. John went to the office.\nWhere is John?\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    code, output, _ = run("ask", trained[0])
    assert code == 0
    assert output.startswith("office\t")


def test_a_conversation(trained):
    show = printer(zoo.load(trained[0]))
    told = ["Where is Mary?", "Mary went to the garden. Where is Mary?", "?", "", "Forget."]
    told += ["Mary went to the office.", "Where is Mary?"]
    answers = [str(answer).split("\t")[0] for answer in converse(show, told)]
    assert answers == [
        "There is no story yet: tell me a sentence first.",
        "garden",
        "A question must have words.",
        "The story is forgotten.",
        "office",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"name": "sst2"}}, "`data.name` must be a corpus for question_answering"),
        (
            {"data": {"name": "babi_1k", "options": {"supporting": True}}},
            r"`data.options` of babi_1k must be of \[\], got \['supporting'\]",
        ),
        (
            {"data": {"name": "babi_1k_qa1", "repeat": {"babi_1k": 1}}},
            "`data.repeat` must have corpora with answers of babi_1k_qa1, got babi_1k",
        ),
        ({"network": {"kind": "lstm"}}, "`network`: .*'lstm'.*'story_gru'"),
        ({"network": {"kind": "tensor_product", "unit": 1}}, "unknown key `network.unit`;.*units"),
        ({"network": {"kind": "story_gru", "units": 0}}, "`network.units`: .*got 0"),
        ({"pretraining": {}}, "`pretraining`"),
    ],
)
def test_wrong_recipes(change, message):
    with pytest.raises(ValueError, match=message):
        read_recipe({**RECIPE, **change})
