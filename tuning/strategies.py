"""Where a model trains: on which devices, in how many copies."""

import socket
import urllib.parse

import keras
import tensorflow as tf

from apps.nearest import nearest_names

NAMES = ("auto", "cpu", "gpu", "mirrored", "tpu")
_TIMEOUT = 10  # seconds


def make_strategy(strategy="auto"):
    """A strategy of TensorFlow by its name.

    | name | what it is |
    |---|---|
    | `"auto"` | a TPU if one is attached, else all GPUs, else the CPU |
    | `"cpu"` | the CPU, also where there are GPUs |
    | `"gpu"` | the first GPU |
    | `"mirrored"` | a copy of the model on each GPU; without GPUs on each logical CPU device |
    | `"tpu"`, `"tpu:NAME"` | the TPU of this machine, or the one of this name or address |

    Args:
        strategy: A name, or a `tf.distribute.Strategy`, which is returned as it is.

    Returns:
        A `tf.distribute.Strategy`. Build, compile and fit a model in its `scope()`. A step takes
        `num_replicas_in_sync` times the batch size of a recipe.

    Raises:
        ValueError: If the name is unknown, there is no such device, or Keras does not run on
            TensorFlow, where `"auto"` alone is left, and leaves the matter to Keras.

    Example:
        >>> make_strategy("cpu").num_replicas_in_sync
        1
    """
    if keras.backend.backend() != "tensorflow" and strategy != "auto":
        raise ValueError(
            f"`strategy` is for Keras on TensorFlow, got the backend {keras.backend.backend()!r}. "
            "On JAX `seqzoo train --processes` spreads the data."
        )
    if isinstance(strategy, tf.distribute.Strategy):
        return strategy
    if not isinstance(strategy, str):
        raise ValueError(
            f"`strategy` must be a name or a tf.distribute.Strategy, got {type(strategy).__name__}."
        )
    check_name(strategy)
    kind, _, address = strategy.partition(":")
    return _MAKERS[kind](address) if kind == "tpu" else _MAKERS[kind]()


def check_name(strategy):
    """Raises `ValueError` for a name that is none of a strategy."""
    kind, colon, address = strategy.partition(":")
    if kind not in NAMES or (colon and kind != "tpu"):
        raise ValueError(f"`strategy` {strategy!r} is unknown; {nearest_names(kind, NAMES)}")
    if colon and not address:
        raise ValueError("`strategy` must be 'tpu:NAME' with a name, or 'tpu', got 'tpu:'.")


def _auto():
    if keras.backend.backend() != "tensorflow":
        return tf.distribute.get_strategy()
    if tf.config.list_physical_devices("TPU"):
        return _tpu("local")
    count = len(tf.config.list_physical_devices("GPU"))
    return _mirrored() if count > 1 else _gpu() if count else _cpu()


def _cpu():
    if not tf.config.list_physical_devices("GPU"):
        return tf.distribute.get_strategy()  # TensorFlow's default
    return tf.distribute.OneDeviceStrategy("/cpu:0")


def _gpu():
    if not tf.config.list_physical_devices("GPU"):
        raise ValueError("`strategy` 'gpu' needs a GPU that TensorFlow sees, got none here.")
    return tf.distribute.OneDeviceStrategy("/gpu:0")


def _mirrored():
    kind = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    devices = tf.config.list_logical_devices(kind)
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def _tpu(address=""):
    where = f"the TPU {address!r}" if address else "a TPU of this machine"
    try:
        _check_reachable(address)
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=address or "local")
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    except Exception as error:
        # The resolver fails with whatever its transport fails with.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"`strategy` could not reach {where}. Is it attached, is the name or address "
            "(such as 'grpc://10.0.0.2:8470') right, and is this TensorFlow one with TPU support? "
            f"TensorFlow says: {reason}"
        ) from error


def _check_reachable(address):
    """Raises `OSError` soon where nothing listens: TensorFlow would try for many minutes."""
    place = urllib.parse.urlsplit(address if "://" in address else f"//{address}")
    if place.port:
        socket.create_connection((place.hostname, place.port), timeout=_TIMEOUT).close()


_MAKERS = {"auto": _auto, "cpu": _cpu, "gpu": _gpu, "mirrored": _mirrored, "tpu": _tpu}
