"""The files of a preset folder: complete, never half-written, small."""

import contextlib
import hashlib
import importlib
import json
import os
import pathlib
import shutil
import tempfile

import h5py
import numpy as np
from keras_hub.src.utils import preset_utils  # no public way to read one file of a handle

CONFIG = "config.json"
MODEL_WEIGHTS = "model.weights.h5"
TASK = "task.json"
TASK_WEIGHTS = "task.weights.h5"
PREPROCESSOR = "preprocessor.json"
TOKENIZER = "tokenizer.json"
METRICS = "metrics.json"
RECIPE = "recipe.json"
CARD = "README.md"


def check(folder):
    """Raises `FileNotFoundError` naming the file that a local preset folder lacks."""
    if "://" in folder:
        return
    path = pathlib.Path(folder)
    needed = {CONFIG, MODEL_WEIGHTS}
    has_task = any((path / name).exists() for name in (TASK, TASK_WEIGHTS, METRICS, RECIPE))
    if has_task:
        needed |= {TASK, TASK_WEIGHTS}
    if has_task and (path / TASK).is_file():
        config = json.loads((path / TASK).read_text("utf-8"))["config"]
        needed |= {PREPROCESSOR, TOKENIZER} if config.get("preprocessor") else set()
    missing = sorted(name for name in needed if not (path / name).is_file())
    if missing:
        raise FileNotFoundError(
            f"The preset folder {folder} lacks {', '.join(missing)}. Expected a folder written "
            "by `save_to_preset` or `seqzoo train`."
        )


def app_class(folder):
    """The app class that a preset folder or handle was saved from."""
    check(folder)
    try:
        file = pathlib.Path(preset_utils.get_file(folder, TASK))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The preset {folder} has no {TASK}: it holds no app. Load it with the `from_preset` "
            "of the class that saved it."
        ) from None
    config = json.loads(file.read_text("utf-8"))
    module, name = config.get("module") or "", config.get("class_name")
    if module.split(".")[0] != "apps":
        raise ValueError(
            f"{TASK} of the preset {folder} must name a class of the package `apps`, got "
            f"{module}.{name}. Load it with that class's own `from_preset`."
        )
    return getattr(importlib.import_module(module), name)


@contextlib.contextmanager
def clear_weight_errors(folder):
    """Turns what h5py and Keras say of damaged or foreign weights into one clear `ValueError`."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(
            f"The preset {folder} could not be loaded: a file is damaged, or its weights do not "
            f"match its configuration. {error}"
        ) from error


def check_weights(folder, backbone):
    """Raises `ValueError` if the backbone's file has other arrays than the backbone has weights.

    Keras itself complains of missing arrays only.
    """
    if "://" in folder:
        return
    stored = []

    def collect(name, item):
        if isinstance(item, h5py.Dataset) and "seed_generator" not in name:
            stored.append(name)

    with h5py.File(pathlib.Path(folder) / MODEL_WEIGHTS) as file:
        file.visititems(collect)
    if len(stored) != len(backbone.weights):
        raise ValueError(
            f"{MODEL_WEIGHTS} has {len(stored)} arrays, {CONFIG} makes {len(backbone.weights)}."
        )


@contextlib.contextmanager
def written_whole(folder):
    """Yields a scratch folder that takes the place of `folder` only if the block succeeds.

    Files of `folder` that the block did not write again are dropped.
    """
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`preset_dir` must be a folder, got the file {folder}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield scratch
        old = scratch.with_name(scratch.name + "-old")
        if folder.exists():
            os.rename(folder, old)
        scratch.chmod(0o755)
        os.rename(scratch, folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def shrink_weights(file):
    """Rewrites a Keras weights file with float16 in place of float32, compressed."""
    file = pathlib.Path(file)
    smaller = file.with_suffix(".small")
    with h5py.File(file, "r") as old, h5py.File(smaller, "w") as new:
        _copy_shrunk(old, new)
    os.replace(smaller, file)


def _copy_shrunk(old, new):
    for key, value in old.attrs.items():
        new.attrs[key] = value
    for name, item in old.items():
        if isinstance(item, h5py.Group):
            _copy_shrunk(item, new.create_group(name))
            continue
        data = item[()]
        if item.dtype == np.float32:
            data = data.astype(np.float16)
        compression = {"compression": "gzip", "shuffle": True} if item.ndim else {}
        new.create_dataset(name, data=data, **compression)


def sha256(file):
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()
