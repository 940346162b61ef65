"""The command `seqzoo`: each job, as a user calls it."""

import json
import pathlib

import pytest
from toys import any_shape, load_once

PRESET = "sentiment_sst2"


@pytest.fixture(autouse=True)
def loaded_once(models, monkeypatch):
    load_once(models, monkeypatch, lambda task: any_shape(task, task.preprocessor(["a"])))


def test_list(run):
    code, output, _ = run("list")
    assert code == 0
    assert "sentiment_imdb" in output
    _, output, _ = run("list", "--task", "sentiment", "--json")
    names = [preset["name"] for preset in json.loads(output)]
    assert names == ["sentiment_imdb", "sentiment_sst2"]


def test_info(run):
    code, output, _ = run("info", PRESET)
    assert code == 0
    assert output.startswith(f"# {PRESET}")
    _, output, _ = run("info", PRESET, "--json")
    assert json.loads(output)["task"] == "sentiment"


def test_predict_texts(run):
    code, output, _ = run("predict", PRESET, "A gorgeous, witty film.", "A dull, stupid mess.")
    rows = [line.split("\t") for line in output.splitlines()]
    assert code == 0
    assert [row[0] for row in rows] == ["positive", "negative"]
    assert [row[2] for row in rows] == ["A gorgeous, witty film.", "A dull, stupid mess."]


def test_predict_a_file_line_by_line(run, tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("Wonderful.\n\nAwful é.\n", "utf-8")
    _, output, _ = run("predict", PRESET, "--file", file)
    assert [line.split("\t")[0] for line in output.splitlines()] == ["positive", "", "negative"]
    _, output, _ = run("predict", PRESET, "--file", file, "--json")
    rows = [json.loads(line) for line in output.splitlines()]
    assert [row["label"] for row in rows] == ["positive", None, "negative"]
    assert [row["text"] for row in rows] == ["Wonderful.", "", "Awful é."]


def test_predict_standard_input(run, monkeypatch, tmp_path):
    file = tmp_path / "input"
    file.write_text("Wonderful.\nAwful.\n")
    with file.open() as stream:
        monkeypatch.setattr("sys.stdin", stream)
        _, output, _ = run("predict", PRESET)
    assert [line.split("\t")[0] for line in output.splitlines()] == ["positive", "negative"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "sentiment_imbd", "x"], "Did you mean 'sentiment_imdb'"),
        (["predict", PRESET, " "], "every line is blank"),
        (["predict", PRESET, "--file", "none.txt"], "not there: none.txt"),
        (["predict", PRESET, "a", "--file", "none.txt"], "not both"),
        (["info", "nothing"], "neither a folder nor the name"),
        (["train", "none.json"], "not there: none.json"),
        (["evaluate", PRESET, "--data-dir", "none"], "none/sst"),
        (["list", "--task", "chess"], "`task` must be one of"),
    ],
)
def test_errors_are_one_line_without_a_traceback(run, arguments, message):
    code, output, error = run(*arguments)
    assert code == 2
    assert output == ""
    assert error.startswith("seqzoo: error: ")
    assert error.count("\n") == 1
    assert message in error


def test_a_file_that_is_not_utf8(run, tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"fine\ncaf\xe9\n")
    code, _, error = run("predict", PRESET, "--file", tmp_path / "latin.txt")
    assert code == 2
    assert "latin.txt, line 2: expected UTF-8" in error


def test_a_folder_that_lacks_a_file_says_where_it_comes_from(run, tmp_path):
    (tmp_path / "sst").mkdir()
    (tmp_path / "sst/train.txt").write_text("(1 (0 bad) (1 film))\n")
    code, _, error = run("evaluate", PRESET, "--data-dir", tmp_path)
    assert code == 2
    assert "dev.txt" in error
    assert "nlp.stanford.edu" in error


def test_train_and_evaluate(run, tmp_path):
    recipe = {
        "name": "tiny",
        "app": "sentiment",
        "data": {"name": "uci_sentiment_sample"},
        "network": {"embedding_dim": 4, "units": 2},
        "fit": {"epochs": 1},
    }
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    paths = ["--output", tmp_path / "tiny", "--run-dir", tmp_path / "run"]
    code, output, _ = run("train", tmp_path / "recipe.json", *paths, "--seed", 5)
    assert code == 0
    assert json.loads((tmp_path / "tiny/recipe.json").read_text())["seed"] == 5
    assert f"tensorboard --logdir {tmp_path / 'run' / 'logs'}" in output
    figure = json.loads((tmp_path / "tiny/metrics.json").read_text())["metrics"]
    _, output, _ = run("evaluate", tmp_path / "tiny", "--json")
    assert json.loads(output)["accuracy"] == pytest.approx(figure["validation_accuracy"], abs=1e-4)


def test_export(run, tmp_path):
    code, output, _ = run("export", PRESET, tmp_path / "serve")
    assert code == 0
    assert f"SavedModel: {tmp_path / 'serve'}" in output
    assert (tmp_path / "serve/saved_model.pb").is_file()
    code, _, error = run("export", PRESET, tmp_path / "serve")
    assert code == 2
    assert "must not be there yet" in error


def test_demo(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, output, _ = run("demo", "--epochs", "1")
    assert code == 0
    assert "tensorboard --logdir runs/demo/logs" in output
    assert list(pathlib.Path("runs/demo/logs").rglob("events*"))
    assert "Accuracy on 120 other sentences" in output


def test_help_names_every_job(run):
    _, output, _ = run("--help")
    for job in ("list", "info", "predict", "train", "evaluate", "export", "demo"):
        assert job in output
