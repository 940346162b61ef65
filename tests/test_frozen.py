"""What users see stays as it is: names, saved apps, commands and what they print.

`tests/frozen` has it, and `tests/frozen/make.py` says how it was made. There may be more names and
options than that, but not fewer.
"""

import importlib
import json
import pathlib
import re
import shutil
import sys
from unittest import mock

import keras
import pytest
import tensorflow as tf
from keras.src.saving import object_registration  # the names of classes have no public place

from tests.apps.toys import any_shape, load_once
from tests.frozen import make

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
DIGIT = re.compile(r"\d")  # people see as many as ever


def read(name):
    return json.loads((make.FOLDER / name).read_text("utf-8"))


ANSWERS, COMMANDS, NAMES, OUTPUTS = map(
    read, ("answers.json", "commands.json", "names.json", "outputs.json")
)


def assert_alike(found, expected, tolerance, differing=NUMBER):
    """Texts are the same, but for their numbers, or digits, which may differ a little."""
    assert differing.sub("#", found) == differing.sub("#", expected)
    found, expected = ([float(each) for each in NUMBER.findall(text)] for text in (found, expected))
    assert found == pytest.approx(expected, abs=tolerance)


def assert_answers(app, task):
    """The answers are as ever; they may have more attributes."""
    expected = ANSWERS[app]["answers"]
    found = make.answers(app, task, ANSWERS[app]["asked"])
    same = [{name: a[name] for name in e} for a, e in zip(found, expected, strict=True)]
    assert_alike(json.dumps(same), json.dumps(expected), 1e-4)


def is_here(module):
    """Whether a module is of this checkout, and not of one that is installed beside it."""
    return pathlib.Path(module.__file__).is_relative_to(make.FOLDER.parents[1])


@pytest.fixture
def nothing_imported():
    """Python and Keras know no module of the packages; afterwards, those that they knew before."""

    def take_modules():
        ours = [name for name in sys.modules if name.partition(".")[0] in make.PACKAGES]
        return {name: sys.modules.pop(name) for name in ours}

    objects, names = keras.saving.get_custom_objects(), object_registration.GLOBAL_CUSTOM_NAMES
    with mock.patch.dict(objects), mock.patch.dict(names):
        modules = take_modules()
        for name in make.registered_names():
            del objects[name]
        yield
        imported = take_modules()
        sys.modules.update(modules)
    assert [module for module in imported.values() if not is_here(module)] == []


@pytest.fixture
def no_graphs():
    """What runs but once is not compiled."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


# The GRU had its biases in two arrays: the optimizer begins anew.
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
@pytest.mark.usefixtures("no_graphs", "nothing_imported")
@pytest.mark.parametrize("app", ANSWERS)
def test_a_keras_file_needs_one_import_and_answers_as_ever(app):
    importlib.import_module(f"apps.{app}")
    task = keras.saving.load_model(make.FOLDER / f"{app}.keras")
    assert_answers(app, task)
    assert make.served(task) == ANSWERS[app]["served"]


@pytest.mark.usefixtures("no_graphs", "nothing_imported")
@pytest.mark.parametrize("app", ANSWERS)
def test_a_preset_folder_needs_no_import(app, tmp_path):
    shutil.unpack_archive(make.FOLDER / f"{app}.zip", tmp_path)
    task = importlib.import_module("zoo").load(str(tmp_path / app))
    assert type(task).__name__ == ANSWERS[app]["class"]
    assert_answers(app, task)


@pytest.mark.parametrize("module", NAMES["modules"])
def test_names(module):
    names = NAMES["modules"][module]
    found = importlib.import_module(module)
    assert is_here(found)
    assert {name: make.kind_of(getattr(found, name)) for name in names} == names


def test_names_that_keras_knows():
    for module in NAMES["modules"]:
        importlib.import_module(module)
    assert set(NAMES["registered"]) <= set(make.registered_names())


def test_commands_and_options():
    found = make.options()
    assert set(COMMANDS) <= set(found)
    for command, options in COMMANDS.items():
        assert set(options) <= set(found[command]), command


@pytest.fixture
def loaded_once(models, monkeypatch):
    def prepare(task):
        takes_texts = hasattr(task, "classify") or hasattr(task, "tag")
        return any_shape(task, task.preprocessor(["a"])) if takes_texts else task

    load_once(models, monkeypatch, prepare)


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize("case", OUTPUTS["commands"], ids=lambda case: " ".join(case["arguments"]))
def test_output(case, tmp_path):
    found = make.run(case, tmp_path)
    assert found["code"] == case["code"]
    assert found["error"] == case["error"]
    differing = NUMBER if "--json" in case["arguments"] else DIGIT
    assert_alike(found["output"], case["output"], 2e-3, differing)
    if "picture" in case:
        assert (tmp_path / case["picture"]).read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_cards():
    found, expected = make.cards(), OUTPUTS["cards"]
    assert found["first line"] == expected["first line"]
    assert expected["tasks"].items() <= found["tasks"].items()
