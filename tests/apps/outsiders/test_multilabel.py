"""An app that lies outside of the package has all that the others have."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import tensorflow as tf

import tuning
import zoo
from apps import datasets, registry
from apps.cli.commands import main
from apps.training import train
from tests.apps.outsiders.multilabel import APP, MultiLabelClassifier

KINDS = ("sun and rain", "rain", "sun", "wind and rain", "sun and wind", "wind")
TEXTS = [f"{kind} on day {day}" for day in range(10) for kind in KINDS]  # none stands twice
LABELS = [[word for word in ("rain", "sun", "wind") if word in text] for text in TEXTS]


@pytest.fixture(scope="module", autouse=True)
def registered():
    registry.register(APP)
    registry.register(APP)  # again: nothing happens
    examples = tf.data.Dataset.from_tensor_slices((TEXTS, tf.ragged.constant(LABELS)))
    datasets.register("weather", "multilabel", train=examples, validation=examples.take(12))
    yield
    registry._REGISTERED.clear()


RECIPE = {
    "name": "weather",
    "app": "multilabel",
    "data": {"name": "weather", "holdout": 12},
    "preprocessor": {"min_count": 1},
    "network": {"embedding_dim": 8, "units": 8},
    "fit": {"epochs": 10, "batch_size": 8, "learning_rate": 0.03},
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weather")
    metrics = train(RECIPE, folder / "preset", run_dir=folder / "run", verbose=0)
    assert metrics["metrics"]["validation_accuracy"] == 1.0
    return folder / "preset"


def test_what_is_known_of_it():
    assert "multilabel" in registry.names()
    assert registry.of_task(MultiLabelClassifier) is APP
    assert datasets.info("weather").labels == ("rain", "sun", "wind")
    with pytest.raises(ValueError, match="must not be that of another app, got 'tagging'"):
        registry.register(type(APP)(**{**vars(APP), "name": "tagging"}))


def test_preset_fit_and_card(preset, tmp_path):
    for task in (zoo.load(str(preset)), MultiLabelClassifier.from_preset(str(preset))):
        assert task.classify(["sun and rain"])[0].labels == ("rain", "sun")
    task.compile()
    history = task.fit(TEXTS, LABELS, validation_split=0.25, epochs=1, verbose=0)
    assert set(history.history) == {"accuracy", "loss", "val_accuracy", "val_loss"}
    task.save_to_preset(tmp_path / "again")
    assert zoo.load(str(tmp_path / "again")).classify(["wind"])[0].labels == ("wind",)
    assert "It knows rain, sun, wind." in (preset / "README.md").read_text("utf-8")
    with pytest.raises(ValueError, match="`y` must have labels of"):
        task.fit(["sun"], [["snow"]])


def test_predict(preset, capsys, monkeypatch):
    for options, expected in ([], "rain, sun\n"), (["--json"], '{"labels": ["rain", "sun"]}\n'):
        words = ["seqzoo", "predict", str(preset), "sun and rain", *options]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit, match="0"):
            main()
        assert capsys.readouterr().out == expected


def test_installed(preset, tmp_path, capsys, monkeypatch):
    """By an entry point: known in any process, with nothing imported; a broken one is a warning."""
    package = tmp_path / "weatherapp-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: weatherapp\nVersion: 1\n")
    (package / "entry_points.txt").write_text(
        "[seqzoo.apps]\nmultilabel = weatherapp:APP\nbroken = weatherapp:NONE\n"
    )
    source = pathlib.Path(__file__).with_name("multilabel.py").read_text("utf-8")
    (tmp_path / "weatherapp.py").write_text(source, "utf-8")
    shutil.copytree(preset, tmp_path / "preset")
    task = tmp_path / "preset/task.json"
    old = "tests.apps.outsiders.multilabel"
    task.write_text(task.read_text("utf-8").replace(old, "weatherapp"), "utf-8")
    code = """
import sys, warnings
warnings.simplefilter("error")
from apps import registry
try:
    registry.every()
except UserWarning as warning:
    print(warning)
warnings.simplefilter("ignore")
from tuning.cli import main
sys.argv = ["seqzoo", "predict", "preset", "sun and rain"]
main()
"""
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.getcwd()}"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=tmp_path, env=environment
    )
    warned, answer = found.stdout.decode().splitlines()
    assert "The app 'broken' could not be loaded" in warned
    assert answer == "rain, sun"


def test_search(tmp_path):
    examples = datasets.load("weather", "train")
    found = tuning.search(
        MultiLabelClassifier,
        examples,
        examples.take(12),
        space={
            **{"network.units": [4, 8], "network.depth": 1, "network.embedding_dim": 4},
            **{"network.cell": "simple_rnn", "fit.epochs": 1, "fit.batch_size": 24},
        },
        max_trials=1,
        directory=tmp_path / "search",
    )
    assert json.loads((tmp_path / "search/search.json").read_text())["objective"] == "accuracy"
    assert zoo.load(found.preset).classify(["sun"])[0].labels is not None
