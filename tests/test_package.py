"""The package as a whole: who imports whom, what a wheel carries."""

import ast
import os
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest

from apps import registry

ROOT = pathlib.Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "zoo": {"apps", "tuning", "tensorflow", "tensorflow_text", "tensorflow_datasets"},
    "apps": {"tuning"},
}


def imported(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_direction_of_imports(package):
    for file in (ROOT / package).rglob("*.py"):
        assert not FORBIDDEN[package] & set(imported(file)), file


def test_nothing_outside_of_its_folder_names_an_app():
    """Neither in a string nor in an import."""
    names = set(registry.names())
    found = []
    for top in ("apps", "tuning", "zoo"):
        for file in (ROOT / top).rglob("*.py"):
            owner = file.relative_to(ROOT).parts[1]
            others = names - {owner}
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and node.value in others:
                    found.append((str(file), node.lineno, node.value))
                if isinstance(node, ast.ImportFrom) and node.module:
                    full = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
                elif isinstance(node, ast.Import):
                    full = [each.name for each in node.names]
                else:
                    continue
                named = {each.split(".")[1] for each in full if each.startswith("apps.")}
                found += [(str(file), node.lineno, each) for each in named & others]
    assert not found


WITHOUT_TENSORFLOW = """
import sys
import apps, apps.callbacks, apps.datasets, apps.metrics, apps.recipes, apps.recipes.sections
import tuning, zoo, zoo.presets
from apps.datasets import NAMES, info
assert info(NAMES[0]) and zoo.list_presets()
from tuning.cli import app
for words in (["--help"], ["list"], ["list", "--json"], ["info", "qa_babi"]):
    app(words, standalone_mode=False)
print(sorted({"tensorflow", "keras", "keras_hub", "keras_tuner"} & set(sys.modules)))
"""


def test_what_loads_no_tensorflow():
    """What only tells of presets, corpora and commands."""
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW]
    output = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout.decode()
    assert output.splitlines()[-1] == "[]"


def test_no_large_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert max(file.stat().st_size for file in files if file.exists()) < 25_000_000
    models = [file for file in files if "saved_models" in file.parts]
    assert sum(file.stat().st_size for file in models if file.exists()) < 100_000_000


def test_a_wheel_has_the_packages_and_presets_and_no_tests(tmp_path):
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns(".*", "build", "runs", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, source, ignore=ignored)  # the build writes into its source
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path]
    subprocess.run([*map(str, command), str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if not name.startswith("seqzoo-")}
    assert tops == {"zoo", "apps", "tuning"}
    for preset in (ROOT / "saved_models").glob("*/config.json"):
        name = preset.parent.name
        assert f"zoo/saved_models/{name}/model.weights.h5" in names
        vocabulary = f"zoo/saved_models/{name}/assets/tokenizer/vocabulary"
        assert {f"{vocabulary}.txt", f"{vocabulary}.spm"} & set(names)
    assert "apps/sentiment/uci_sentiment_sample.tsv" in names
    packages = (file for top in tops for file in (ROOT / top).rglob("__init__.py"))
    assert {str(file.relative_to(ROOT)) for file in packages} <= set(names)

    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", target, wheel], check=True, capture_output=True)
    code = (
        "import zoo; print(zoo.__file__, zoo.load('sentiment_sst2').classify(['Superb.'])[0].label)"
    )
    environment = {**os.environ, "PYTHONPATH": str(target)}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, cwd=tmp_path, env=environment
    )
    assert found.stdout.decode().split() == [str(target / "zoo/__init__.py"), "positive"]
    assert found.stderr == b""  # no greetings of TensorFlow
