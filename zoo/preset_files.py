"""The files of a preset folder: complete, never half-written, small."""

import contextlib
import hashlib
import importlib
import json
import math
import os
import pathlib
import re
import sys

import h5py
import keras
import numpy as np
from keras.src.backend.common import global_state  # no public way to the scope that is open
from keras_hub.src.utils import preset_utils  # no public way to read one file of a handle

from zoo import whole_files

CONFIG = "config.json"
MODEL_WEIGHTS = "model.weights.h5"
TASK = "task.json"
TASK_WEIGHTS = "task.weights.h5"
PREPROCESSOR = "preprocessor.json"
TOKENIZER = "tokenizer.json"
METRICS = "metrics.json"
RECIPE = "recipe.json"
CARD = "README.md"
_OF_PRESETS = re.compile(
    r"(config|metadata|metrics|preprocessor|recipe|task|tokenizer|model\.weights)\.json|README\.md"
    r"|(model|model_\d+|task)\.weights\.h5|assets(/tokenizer(/[^/]+)?)?|\.DS_Store"
)


def check(folder):
    """Raises an error that names the file that a local preset folder lacks, or that is no JSON."""
    if "://" in folder:
        return
    path = pathlib.Path(folder)
    needed = {CONFIG, MODEL_WEIGHTS}
    has_task = any((path / name).exists() for name in (TASK, TASK_WEIGHTS, METRICS, RECIPE))
    if has_task:
        needed |= {TASK, TASK_WEIGHTS}
    if has_task and (path / TASK).is_file():
        has_preprocessor = _read_object(path / TASK)["config"].get("preprocessor")
        needed |= {PREPROCESSOR, TOKENIZER} if has_preprocessor else set()
    missing = sorted(name for name in needed if not (path / name).is_file())
    if missing:
        raise FileNotFoundError(
            f"The preset folder {folder} lacks {', '.join(missing)}. Expected a folder written "
            "by `save_to_preset` or `seqzoo train`."
        )
    found = {
        name: _read_object(path / name)
        for name in (CONFIG, TASK, PREPROCESSOR, TOKENIZER)
        if name in needed
    }
    if TASK in found:
        _check_agreement(folder, found[TASK]["config"].get("backbone"), found[CONFIG])


def _read_object(file):
    """The configuration of an object in a JSON file, or a `ValueError` that names what it lacks."""
    value = read_json(file)
    if not isinstance(value.get("class_name"), str) or not isinstance(value.get("config"), dict):
        raise ValueError(
            f"{file} is damaged: expected the name of a class, `class_name`, and its `config`, got "
            f"the keys {sorted(value)}."
        )
    return value


def _check_agreement(folder, of_task, alone):
    """Raises `ValueError` if the backbone is one thing in `TASK` and another in `CONFIG`."""
    if not isinstance(of_task, dict) or of_task == alone:
        return
    ours, theirs = _network(of_task), _network(alone)
    differ = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
    if differ:
        parts = [f"`{name}`, {ours.get(name)!r} and {theirs.get(name)!r}" for name in differ]
        raise ValueError(
            f"{TASK} and {CONFIG} of the preset folder {folder} are of different networks: "
            f"{'; '.join(parts)}."
        )


def _network(serialized):
    """What makes a network what it is: its class and configuration, but for what all have."""
    config, of_all = serialized.get("config") or {}, ("name", "dtype", "trainable", "frozen")
    own = {name: value for name, value in config.items() if name not in of_all}
    return {"class_name": serialized.get("class_name"), **own}


def read_json(file):
    """The object in a JSON file of a preset, or a `ValueError` that names the file."""
    try:
        value = json.loads(pathlib.Path(file).read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} is damaged: expected JSON, got {error}.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{file} is damaged: expected a JSON object, got {type(value).__name__}.")
    return value


def read_json_if_there(file):
    """As `read_json`; an empty dictionary if there is no file."""
    return read_json(file) if pathlib.Path(file).is_file() else {}


def find_file(folder, name):
    """The path of a file of a preset folder, or of a handle, from which it is downloaded."""
    try:
        return pathlib.Path(preset_utils.get_file(folder, name))
    except FileNotFoundError:
        raise FileNotFoundError(f"The preset {folder} has no {name}.") from None


def app_class(folder, own=None):
    """The app class that a preset folder or handle was saved from.

    Args:
        folder: The folder or handle.
        own: A class that is it if it has its name, registered with Keras or not.
    """
    check(folder)
    file = find_file(folder, TASK)
    config = read_json(file)
    module, name = config.get("module") or "", config.get("class_name")
    if own is not None and _is_of(config, own):
        return own
    registered = keras.saving.get_registered_object(config.get("registered_name"))
    if registered is not None:
        return registered
    if module.split(".")[0] != "apps":
        raise ValueError(f"{_not_known(folder, config)}, or use that class's own `from_preset`.")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ValueError(
            f"{TASK} of the preset {folder} names {module}.{name}, which this version lacks."
        ) from None


def _not_known(folder, config):
    module = config.get("module")
    place = f"the module {module}" if module else "its module"
    return (
        f"The preset {folder} is of the class {config.get('registered_name')}, which is not known "
        f"here. Import {place}, in which `keras.saving.register_keras_serializable` registers it"
    )


@contextlib.contextmanager
def clear_class_errors(folder):
    """Turns what Keras says of a class that it does not find into a `ValueError` that names it."""
    try:
        yield
    except TypeError:
        for name in (TASK, CONFIG, PREPROCESSOR, TOKENIZER):
            for config in _objects(read_json_if_there(pathlib.Path(folder, name))):
                if not _is_known(config):
                    raise ValueError(f"{_not_known(folder, config)}.") from None
        raise


def _objects(value):
    """All objects that a JSON value has the configurations of, the outer ones first."""
    if isinstance(value, dict) and "class_name" in value and "registered_name" in value:
        yield value
    for part in value.values() if isinstance(value, dict) else ():
        yield from _objects(part)


def _is_known(config):
    module = config.get("module") or ""
    registered = keras.saving.get_registered_object(config["registered_name"])
    ours = module.split(".")[0] in ("keras", "keras_hub", "zoo", "apps", "builtins")
    return registered is not None or ours or hasattr(sys.modules.get(module), config["class_name"])


def is_mixed(folder):
    """Whether the backbone of a preset folder or handle was saved under mixed precision."""
    policy = read_json(find_file(folder, CONFIG)).get("config", {}).get("dtype")
    name = policy.get("config", {}).get("name") if isinstance(policy, dict) else policy
    return str(name).startswith("mixed_")


def _is_of(config, own):
    """Whether a class is that of a configuration, which has no module for some of users' own."""
    module = config.get("module") or own.__module__
    return (module, config.get("class_name")) == (own.__module__, own.__name__)


@contextlib.contextmanager
def known_by_its_name(own, folder):
    """Lets Keras find a class that is not registered while a preset of it is loaded."""
    config = {} if "://" in folder else read_json_if_there(pathlib.Path(folder, TASK))
    name = config.get("registered_name")
    if not _is_of(config, own) or keras.saving.get_registered_object(name) is not None:
        yield
        return
    outer = global_state.get_global_attribute("custom_objects_scope_dict", {})  # a scope ends it
    with keras.saving.custom_object_scope({**outer, name: own}):
        yield


@contextlib.contextmanager
def clear_weight_errors(file):
    """Turns what h5py and Keras say of damaged or foreign weights into one clear `ValueError`."""
    try:
        yield
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(
            f"{file} could not be loaded: it is damaged, or its weights do not match the "
            f"configuration beside it. {error}"
        ) from error


def check_count(file, model):
    """Raises `ValueError` if a weights file has more or fewer numbers than the model's weights.

    Keras itself complains of missing arrays only.
    """
    stored = []

    def collect(name, item):
        if isinstance(item, h5py.Dataset) and "seed_generator" not in name:
            stored.append(item.size)

    with h5py.File(file) as weights:
        weights.visititems(collect)
    expected = sum(math.prod(weight.shape) for weight in model.weights)
    if sum(stored) != expected:
        raise ValueError(f"The file has {sum(stored):,} weights, the model {expected:,}.")


def written_whole(folder):
    """As `zoo.whole_files.written_whole`, for a folder that `check_target` lets be replaced."""
    return whole_files.written_whole(check_target(folder))


def check_target(folder):
    """The folder as a path, or a `ValueError` if what lies there must not be replaced."""
    folder = pathlib.Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`preset_dir` must be a folder, got the file {folder}.")
    entries = sorted(folder.rglob("*")) if folder.is_dir() else []
    entries = [entry.relative_to(folder) for entry in entries]
    strange = [str(entry) for entry in entries if not _OF_PRESETS.fullmatch(entry.as_posix())]
    if strange:
        more = f" and {len(strange) - 3:,} more" if len(strange) > 3 else ""
        raise ValueError(
            f"`preset_dir` must be new, empty or a preset to replace, got {folder}, which would "
            f"lose {', '.join(strange[:3])}{more}."
        )
    if entries and "class_name" not in read_json_if_there(folder / CONFIG):
        raise ValueError(
            f"`preset_dir` must be new, empty or a preset to replace, got {folder}, whose {CONFIG} "
            "is none of a model."
        )
    return folder


def shrink_weights(file):
    """Rewrites a Keras weights file with float16 in place of float32, compressed.

    Arrays with numbers too large for float16 stay as they are.
    """
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
        if item.dtype == np.float32 and np.all(np.abs(data) < np.finfo(np.float16).max):
            data = data.astype(np.float16)
        compression = {"compression": "gzip", "shuffle": True} if item.ndim else {}
        new.create_dataset(name, data=data, **compression)


def sha256(file):
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()
