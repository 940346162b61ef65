"""The recurrent layers and networks give the same numbers on JAX as on TensorFlow."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.zoo.layers.backend_numbers import numbers

ROOT = Path(__file__).parents[3]


def test_jax_gives_the_numbers_of_tensorflow(tmp_path):
    command = [sys.executable, "-m", "tests.zoo.layers.backend_numbers", tmp_path / "numbers.npz"]
    quickly = {"JAX_PLATFORMS": "cpu", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    environment = {**os.environ, "KERAS_BACKEND": "jax", **quickly}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    on_jax = np.load(tmp_path / "numbers.npz")
    on_tensorflow = numbers()
    assert set(on_jax) == set(on_tensorflow)
    for name, expected in on_tensorflow.items():
        np.testing.assert_allclose(on_jax[name], expected, 1e-4, 1e-5, err_msg=name)
        assert np.any(expected), name
