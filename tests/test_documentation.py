"""The examples in docstrings and in the README run."""

import doctest
import importlib
import os
import pathlib
import re

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODULES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for package in ("zoo", "apps", "tuning")
    for file in (ROOT / package).rglob("*.py")
    if file.name != "__init__.py"
)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(name)
    package = importlib.import_module(name.rpartition(".")[0])
    root = importlib.import_module(name.split(".")[0])
    names = {**vars(root), root.__name__: root, **vars(package), **vars(module)}
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    np.set_printoptions(legacy=False)
    results = doctest.testmod(module, globs=names, optionflags=options)
    assert results.failed == 0


def test_readme(tmp_path, monkeypatch):
    """Its Python blocks, one after the other, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    assert {answer.label for answer in names["answers"]} == {"positive", "negative"}
    assert sorted(os.listdir()) == ["attention.png", "mine", "mine.keras", "runs", "serve"]


def test_readme_names_every_preset_and_its_figure():
    import zoo

    readme = (ROOT / "README.md").read_text("utf-8")
    for preset in zoo.list_presets():
        figure = preset.figure.split()[1]
        assert re.search(rf"`{preset.name}`.*{re.escape(figure)}", readme), preset.name
