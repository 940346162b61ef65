"""Recipe -> preset: whole, repeatable from its files, and able to go on after a kill."""

import json

import numpy as np
import pytest

import zoo
from apps.recipes.sections import FitRecipe
from apps.training import from_recipe as training
from apps.training import stages
from zoo import preset_files

RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "description": "A test.",
    "seed": 1,
    "data": {"name": "uci_sentiment_sample", "holdout": 40},
    "preprocessor": {"vocabulary_size": 500, "min_count": 2, "sequence_length": 32},
    "network": {"embedding_dim": 12, "units": 6},
    "pretraining": {"epochs": 1, "window": 16, "batch_size": 16, "samples": 20},
    "fit": {"epochs": 2, "batch_size": 32, "optimizer": "adamw", "weight_decay": 0.01},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    metrics = training.train(RECIPE, folder / "tiny", run_dir=folder / "run", verbose=0)
    return folder, metrics


def test_the_figures_are_those_of_the_files(trained):
    folder, metrics = trained
    figures = training.evaluate(str(folder / "tiny"))
    assert figures["accuracy"] == pytest.approx(metrics["metrics"]["validation_accuracy"], abs=1e-4)
    assert figures["examples"] == metrics["metrics"]["validation_examples"] == 120
    written = json.loads((folder / "tiny/metrics.json").read_text())
    assert written == metrics
    for name, digest in metrics["sha256"].items():
        assert preset_files.sha256(folder / "tiny" / name) == digest


def test_the_folder_is_a_preset_with_recipe_and_card(trained):
    folder, metrics = trained
    preset = folder / "tiny"
    assert zoo.load(str(preset)).classify(["A fine film."])
    assert json.loads((preset / "recipe.json").read_text())["seed"] == 1
    card = (preset / "README.md").read_text()
    assert f"{metrics['metrics']['validation_accuracy']:.2%}" in card
    assert "CC BY 4.0" in card
    info = zoo.presets.describe(str(preset))
    assert (info.name, info.task) == ("tiny", "sentiment")
    assert info.parameters == metrics["parameters"] > 0


def test_tensorboard_gets_both_stages(trained):
    folder, _ = trained
    logs = [path for path in (folder / "run/logs").rglob("events*") if path.stat().st_size]
    stages = {path.relative_to(folder / "run/logs").parts[0] for path in logs}
    assert stages == {"pretraining", "fit"}


def test_a_finished_run_ends_again_with_the_same_preset(trained, tmp_path):
    folder, _ = trained
    training.train(RECIPE, tmp_path / "again", run_dir=folder / "run", verbose=0)
    first, again = zoo.load(str(folder / "tiny")), zoo.load(str(tmp_path / "again"))
    for one, other in zip(first.get_weights(), again.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_run_of_another_recipe_is_refused(trained):
    folder, _ = trained
    with pytest.raises(ValueError, match=r"`run_dir` .* has a run of another recipe"):
        training.train({**RECIPE, "seed": 2}, folder / "other", run_dir=folder / "run")
    assert not (folder / "other").exists()


def test_a_preset_starts_from_another(trained, tmp_path):
    folder, _ = trained
    recipe = {**RECIPE, "name": "second", "start_from": str(folder / "tiny"), "pretraining": None}
    recipe["data"] = {"name": "uci_sentiment_sample"}
    recipe["network"] = {"embedding_dropout": 0.3}
    training.train(recipe, tmp_path / "second", run_dir=tmp_path / "run", verbose=0)
    second, first = zoo.load(str(tmp_path / "second")), zoo.load(str(folder / "tiny"))
    assert second.backbone.units == first.backbone.units == 6
    assert second.backbone.embedding_dropout == 0.3
    words = second.preprocessor.tokenizer.get_vocabulary()
    assert words == first.preprocessor.tokenizer.get_vocabulary()


def test_a_failure_at_the_end_leaves_the_checkpoint_and_no_preset(tmp_path, monkeypatch):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(training, "write_card", fail)
    recipe = {**RECIPE, "pretraining": None}
    with pytest.raises(OSError, match="disk full"):
        training.train(recipe, tmp_path / "tiny", run_dir=tmp_path / "run", verbose=0)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    monkeypatch.undo()
    epochs = (tmp_path / "run/fit.csv").read_text()
    training.train(recipe, tmp_path / "tiny", run_dir=tmp_path / "run", verbose=0)
    assert (tmp_path / "run/fit.csv").read_text() == epochs
    assert zoo.load(str(tmp_path / "tiny"))


def test_a_holdout_that_leaves_nothing(tmp_path):
    recipe = {
        **RECIPE,
        "pretraining": None,
        "data": {"name": "uci_sentiment_sample", "holdout": 480},
    }
    with pytest.raises(ValueError, match=r"`data.holdout`=480 leaves no example"):
        training.train(recipe, tmp_path / "tiny", run_dir=tmp_path / "run", verbose=0)


def test_evaluate_needs_a_recipe(make_classifier, tmp_path):
    make_classifier().save_to_preset(tmp_path / "mine")
    with pytest.raises(FileNotFoundError, match=r"has no recipe\.json"):
        training.evaluate(str(tmp_path / "mine"))


@pytest.mark.parametrize("kind", ["adam", "adamw", "nadam"])
def test_the_kinds_of_adam_take_their_decays(kind):
    section = FitRecipe(optimizer=kind, beta_1=0.6, beta_2=0.4, warmup_steps=10)
    optimizer = stages._optimizer(section, 100)
    assert type(optimizer).__name__.lower() == kind
    assert (optimizer.beta_1, optimizer.beta_2) == (0.6, 0.4)
