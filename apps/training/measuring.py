"""What a figure was measured on."""

import importlib.metadata
import os
import platform
import resource
import sys

import keras
import tensorflow as tf


def peak_memory_gigabytes():
    """The most memory that this process has had, in units of 10^9 bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e9, 2)


def describe_machine():
    """Hardware and versions, as a dictionary of strings."""
    accelerators = [device.name for device in tf.config.list_physical_devices("GPU")]
    packages = ["seqzoo", "tensorflow", "keras", "keras-hub", "tensorflow-text", "numpy"]
    return {
        "hardware": f"{os.cpu_count()} CPU cores ({platform.machine()}), "
        f"{len(accelerators) or 'no'} GPU",
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in packages},
    }


def _version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:  # a checkout on the path
        return "not installed"
