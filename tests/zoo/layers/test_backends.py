"""The recurrent layers and networks give the same numbers on JAX as on TensorFlow."""

import numpy as np

from tests.processes import on_jax
from tests.zoo.layers.backend_numbers import numbers


def test_jax_gives_the_numbers_of_tensorflow():
    of_jax, of_tensorflow = on_jax(numbers, "jax"), numbers("tensorflow")
    assert set(of_jax) == set(of_tensorflow)
    for name, expected in of_tensorflow.items():
        np.testing.assert_allclose(of_jax[name], expected, 1e-4, 1e-5, err_msg=name)
        assert np.any(expected), name
