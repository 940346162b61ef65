"""The classes that the files of a preset folder name."""

import contextlib
import importlib.metadata
import pathlib
import sys

import keras
from keras.src.backend.common import global_state  # no public way to the scope that is open

from zoo.preset_files import (
    CONFIG,
    PREPROCESSOR,
    TASK,
    TOKENIZER,
    check,
    find_file,
    read_json,
    read_json_if_there,
)


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
    if module.split(".")[0] not in {"apps", *_plug_ins()}:
        raise ValueError(f"{_not_known(folder, config)}, or use that class's own `from_preset`.")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise ValueError(
            f"{TASK} of the preset {folder} names {module}.{name}, which this version lacks."
        ) from None


def _plug_ins():
    """The packages that bring apps along: only these are imported because a file names them."""
    found = importlib.metadata.entry_points(group="seqzoo.apps")
    return {each.value.partition(":")[0].partition(".")[0] for each in found}


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
