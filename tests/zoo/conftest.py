"""What makes many small tests quick."""

import gc
import os
from unittest import mock

import keras
import pytest
import tensorflow as tf

# What is tried once is not worth optimising; that of JAX, in a process of its own, neither.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)


@pytest.fixture(autouse=True, scope="session")
def what_is_imported_stays():
    """The collector of garbage need not look through all of TensorFlow again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def seeded_at_first():
    tf.random.set_seed(0)


@pytest.fixture(autouse=True)
def seeded():
    """But for TensorFlow's own seed: to set it drops all kernels, which takes time to make."""
    with mock.patch.object(tf.random, "set_seed"):
        keras.utils.set_random_seed(0)
