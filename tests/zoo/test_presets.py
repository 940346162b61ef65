"""Presets by name: listing, finding, loading, and what is said of broken ones."""

import json
import pathlib
import shutil
import sys
import warnings

import h5py
import keras
import numpy as np
import pytest

import zoo
from apps import SentimentClassifier, SentimentPreprocessor, WordTokenizer
from zoo import preset_files, preset_weights, presets
from zoo.backbones import RecurrentEncoder

SAVED_MODELS = pathlib.Path(__file__).parents[2] / "saved_models"


@pytest.fixture
def folder(make_classifier, tmp_path):
    make_classifier().save_to_preset(tmp_path / "mine")
    return tmp_path / "mine"


def test_unknown_names_get_the_nearest_ones():
    with pytest.raises(ValueError, match=r"'sentiment_imbd'\. Did you mean 'sentiment_imdb'"):
        zoo.load("sentiment_imbd")
    with pytest.raises(ValueError, match=r"There are: .*sentiment_imdb, sentiment_sst2"):
        zoo.load("qqq")
    with pytest.raises(ValueError, match=r"`preset` must be the name of a preset.*got 3"):
        zoo.load(3)


def test_list_presets_by_task():
    assert {preset.task for preset in zoo.list_presets("sentiment")} == {"sentiment"}
    with pytest.raises(ValueError, match=r"`task` must be one of \[.*'sentiment'.*\], got 'chess'"):
        zoo.list_presets("chess")


@pytest.mark.parametrize(
    "name",
    ["config.json", "model.weights.h5", "task.weights.h5", "preprocessor.json", "tokenizer.json"],
)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    for load in (zoo.load, SentimentClassifier.from_preset):
        with pytest.raises(FileNotFoundError, match=rf"mine lacks {name}"):
            load(str(folder))


def test_a_missing_vocabulary_is_named(folder):
    (folder / "assets/tokenizer/vocabulary.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"vocabulary\.txt"):
        zoo.load(str(folder))


def test_a_folder_without_an_app_is_told_apart(folder):
    (folder / "task.json").unlink()
    (folder / "task.weights.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no task\.json"):
        zoo.load(str(folder))


def test_weights_of_another_network(folder, make_classifier, tmp_path):
    for network in ({"depth": 2}, {"bidirectional": False}, {"cell": "lstm"}):
        make_classifier(network=network).save_to_preset(tmp_path / "other")
        (tmp_path / "other/model.weights.h5").replace(folder / "model.weights.h5")
        with pytest.raises(ValueError, match=r"mine.*could not be loaded: .*do not match"):
            zoo.load(str(folder))


@pytest.mark.parametrize("name", ["model.weights.h5", "task.weights.h5"])
def test_damaged_weights(folder, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=rf"{name} could not be loaded: it is damaged"):
        zoo.load(str(folder))


@pytest.mark.parametrize("content", ["{", "[]", b"\xe9"])
@pytest.mark.parametrize("name", ["config.json", "task.json", "tokenizer.json"])
def test_damaged_json(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=rf"{name} is damaged: expected"):
        zoo.load(str(folder))


def test_a_vocabulary_of_another_size(folder):
    file = folder / "assets/tokenizer/vocabulary.txt"
    file.write_text(file.read_text() + "more\n")
    with pytest.raises(ValueError, match=r"`vocabulary` must have 8 ids .*, got 9"):
        zoo.load(str(folder))


def test_what_is_no_preset_is_not_replaced(make_classifier, tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers/thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"would lose thesis\.txt"):
        make_classifier().save_to_preset(tmp_path / "papers")
    assert (tmp_path / "papers/thesis.txt").read_text() == "years of work"


def test_parts_load_from_a_preset_too(folder):
    assert WordTokenizer.from_preset(str(folder)).vocabulary_size() == 8
    assert SentimentPreprocessor.from_preset(str(folder)).sequence_length == 8
    assert RecurrentEncoder.from_preset(str(folder)).units == 4


def test_an_app_from_elsewhere_is_not_imported(folder):
    task = json.loads((folder / "task.json").read_text())
    other = {"module": "this", "class_name": "Other", "registered_name": "mine>Other"}
    (folder / "task.json").write_text(json.dumps({**task, **other}))
    with pytest.raises(ValueError, match=r"is of the class mine>Other, .* Import the module this"):
        zoo.load(str(folder))
    assert "this" not in sys.modules


def edit(file, change):
    """Lets a function change the object in a JSON file."""
    value = json.loads(file.read_text())
    change(value)
    file.write_text(json.dumps(value))


@pytest.mark.parametrize("name", ["config.json", "task.json", "tokenizer.json"])
@pytest.mark.parametrize("key", ["class_name", "config"])
def test_an_object_without_class_or_configuration(folder, name, key):
    edit(folder / name, lambda value: value.pop(key))
    for load in (zoo.load, SentimentClassifier.from_preset):
        with pytest.raises(ValueError, match=rf"{name} is damaged: expected the name of a class"):
            load(str(folder))


@pytest.mark.parametrize("file", ["config.json", "task.json"])
def test_files_of_different_networks(folder, file):
    def other(value):
        backbone = value["config"].get("backbone", value)
        backbone["config"]["units"] = 16

    edit(folder / file, other)
    numbers = "4 and 16" if file == "config.json" else "16 and 4"
    with pytest.raises(ValueError, match=rf"are of different networks: `units`, {numbers}"):
        zoo.load(str(folder))


def test_another_name_is_no_other_network(folder):
    edit(folder / "config.json", lambda value: value["config"].update(name="x"))
    zoo.load(str(folder))


def test_names_paths_and_the_folder_of_presets(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not presets.locate("mine").startswith("saved_models")
    shutil.copytree(folder, tmp_path / "saved_models" / "other")
    assert zoo.load("other").labels == zoo.load("mine").labels
    shutil.copytree(folder, tmp_path / "sentiment_sst2")
    with pytest.warns(UserWarning, match=r"not the folder of this name .*'\./sentiment_sst2'"):
        assert pathlib.Path(presets.locate("sentiment_sst2")).parent.samefile(SAVED_MODELS)
    for path in ("./sentiment_sst2", pathlib.Path("sentiment_sst2")):
        assert presets.locate(path) == "./sentiment_sst2"
    monkeypatch.chdir(SAVED_MODELS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        presets.locate("sentiment_sst2")


def test_a_handle_is_left_to_kerashub():
    assert presets.locate("hf://someone/model") == "hf://someone/model"


def test_a_failure_leaves_the_old_preset_whole(folder):
    before = sorted(path.name for path in folder.iterdir())

    def fail():
        with preset_files.written_whole(folder) as scratch:
            (scratch / "config.json").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert sorted(path.name for path in folder.iterdir()) == before
    assert [path.name for path in folder.parent.iterdir()] == ["mine"]
    zoo.load(str(folder))


def test_a_file_in_the_place_of_a_preset(make_classifier, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"`preset_dir` must be a folder, got the file"):
        make_classifier().save_to_preset(tmp_path / "file")


@pytest.mark.parametrize("large", [1e5, -1e5])
def test_numbers_too_large_for_float16_are_kept(tmp_path, large):
    layer = keras.layers.Dense(2)
    layer.build((None, 2))
    layer.set_weights([np.array([[large, 1.0], [0.0, 2.0]]), np.array([0.5, 1.0])])
    keras.saving.save_weights(layer, tmp_path / "dense.weights.h5")
    preset_weights.shrink_weights(tmp_path / "dense.weights.h5")
    other = keras.layers.Dense(2)
    other.build((None, 2))
    keras.saving.load_weights(other, tmp_path / "dense.weights.h5")
    np.testing.assert_array_equal(other.get_weights()[0], layer.get_weights()[0])


def test_float16_files(folder):
    preset_weights.shrink_weights(folder / "model.weights.h5")
    dtypes = []
    with h5py.File(folder / "model.weights.h5") as weights:
        weights.visititems(lambda name, item: dtypes.append(getattr(item, "dtype", None)))
    assert {str(dtype) for dtype in dtypes if dtype is not None} == {"float16"}
    zoo.load(str(folder))
