"""The weights files of a preset folder: whole, of the network that is beside them, small."""

import contextlib
import math
import os
import pathlib

import h5py
import numpy as np


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
