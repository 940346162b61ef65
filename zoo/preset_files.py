"""The files of a preset folder: complete, and never half-written."""

import contextlib
import hashlib
import json
import pathlib
import re

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
        needed |= {PREPROCESSOR} if has_preprocessor else set()
    if PREPROCESSOR in needed and (path / PREPROCESSOR).is_file():
        has_tokenizer = _read_object(path / PREPROCESSOR)["config"].get("tokenizer")
        needed |= {TOKENIZER} if has_tokenizer else set()
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
    if "://" in str(folder):
        # Here, since it loads TensorFlow; there is no public way to read one file of a handle.
        from keras_hub.src.utils.preset_utils import get_file

        with contextlib.suppress(FileNotFoundError):
            return pathlib.Path(get_file(folder, name))
    elif (file := pathlib.Path(folder, name)).is_file():
        return file
    raise FileNotFoundError(f"The preset {folder} has no {name}.")


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


def sha256(file):
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()
