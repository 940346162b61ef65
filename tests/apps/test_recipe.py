"""Recipes: what is read, and what is said of wrong ones."""

import json
import pathlib

import pytest

from apps.recipes import read_recipe

MINIMAL = {"name": "mine", "app": "sentiment", "data": {"name": "sst2"}}


PRESET_RECIPES = sorted(
    pathlib.Path(__file__).resolve().parents[2].glob("saved_models/*/recipe.json")
)


def test_a_minimal_recipe_gets_defaults(tmp_path):
    file = tmp_path / "recipe.json"
    file.write_text(json.dumps(MINIMAL))
    assert read_recipe(file) == read_recipe(MINIMAL)
    assert read_recipe(MINIMAL).fit.optimizer == "adam"
    assert read_recipe(MINIMAL).pretraining is None


def test_a_recipe_survives_being_written():
    recipe = read_recipe({**MINIMAL, "pretraining": {"epochs": 2}})
    assert read_recipe(json.loads(recipe.model_dump_json())) == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sed": 1}, r"unknown key `sed`; did you mean seed"),
        ({"fit": {"epoch": 1}}, r"unknown key `fit.epoch`; did you mean epochs"),
        ({"pretraining": {"sample": 1}}, r"unknown key `pretraining.sample`; did you mean samples"),
        ({"fit": {"epochs": "three"}}, r"`fit.epochs`: .*valid integer, got 'three'"),
        ({"fit": {"epochs": 0}}, r"`fit.epochs`: .*greater than or equal to 1, got 0"),
        ({"network": {"cell": "rnn"}}, r"`network.cell`: .*'gru'.*got 'rnn'"),
        ({"network": {"dropout": 1.0}}, r"`network.dropout`: .*less than 1, got 1.0"),
        ({"data": {}}, r"the key `data.name` is missing"),
        ({"data": {"name": "imbd"}}, r"imdb"),
        (
            {"data": {"name": "uci_sentiment"}},
            r"`data.report` of uci_sentiment must be of",
        ),
        ({"data": {"name": "sst2", "options": {"phrase": True}}}, r"`data.options`.*'phrase'"),
        ({"preprocessor": {"splits": []}}, r"`preprocessor.splits`: .*at least 1"),
        ({"name": "My Model"}, r"`name`: .*pattern"),
        ({"preprocessor": {"splits": ["trian"]}}, r"`splits` of sst2 must be of .*'trian'"),
        (
            {"pretraining": {"splits": ["validation"]}},
            r"must not have a part that gives figures, got sst2/validation",
        ),
    ],
)
def test_wrong_recipes(change, message):
    with pytest.raises(ValueError, match=message):
        read_recipe({**MINIMAL, **change})


def test_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"`recipe` names a file that is not there"):
        read_recipe(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{'name'")
    with pytest.raises(ValueError, match=r"bad\.json: not JSON"):
        read_recipe(tmp_path / "bad.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ValueError, match=r"list\.json: expected a JSON object, got list"):
        read_recipe(tmp_path / "list.json")
    (tmp_path / "latin.json").write_bytes(b'{"name": "\n\xe9"}')
    with pytest.raises(ValueError, match=r"latin\.json, line 2"):
        read_recipe(tmp_path / "latin.json")


@pytest.mark.parametrize("file", PRESET_RECIPES)
def test_recipes_of_the_presets_are_complete(file):
    recipe = read_recipe(file)
    assert recipe.name == file.parent.name
    assert json.loads(file.read_text("utf-8")) == recipe.model_dump(mode="json")
