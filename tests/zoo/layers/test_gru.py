import h5py
import keras
import numpy as np
import pytest

from tests.zoo.layers.equations import check_layer_of_steps, gru_step
from zoo.layers import GRU, Bidirectional, GRUCell


@pytest.mark.parametrize("reset_after", [True, False])
def test_equations(reset_after):
    layer = GRU(5, reset_after=reset_after, return_sequences=True, return_state=True)
    check_layer_of_steps(layer, gru_step)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("bare", [False, True], ids=["layer", "cell"])
def test_files_of_the_form_before_keras_own(reset_after, bare, tmp_path):
    """With `1 - z` for `z`, two arrays of biases, and no activations in the configuration."""
    old = {"units": 5, "reset_after": reset_after}
    cell = GRUCell.from_config(old)
    layer = (
        keras.layers.RNN(cell, name="recurrent")
        if bare
        else GRU.from_config({**old, "name": "recurrent"})
    )
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, layer(inputs))
    model.save_weights(tmp_path / "some.weights.h5")
    weights = [np.random.default_rng(0).normal(size=w.shape) for w in layer.get_weights()]
    of_old = [np.concatenate([-w[..., :5], w[..., 5:]], -1) for w in weights]
    with h5py.File(tmp_path / "some.weights.h5", "a") as file:
        names = []
        file.visit(names.append)
        (place,) = (name for name in names if name.endswith("cell/vars"))
        arrays = file[place]
        for key in list(arrays):
            del arrays[key]
        kernel, recurrent, bias = of_old
        for key, array in enumerate([kernel, recurrent, *(bias if reset_after else [bias])]):
            arrays[str(key)] = array
    model.load_weights(tmp_path / "some.weights.h5")
    for weight, expected in zip(layer.get_weights(), weights, strict=True):
        np.testing.assert_allclose(weight, expected, 1e-6)
    again = type(layer).from_config(layer.get_config())
    again.build((None, None, 4))
    again.set_weights(weights)
    np.testing.assert_allclose(again(np.ones((2, 3, 4))), layer(np.ones((2, 3, 4))), 1e-6)


def test_the_old_form_is_read_once_and_copied():
    """A wrapper's copy of a layer reads the same file; what is saved afterwards is of the new."""
    old = {"units": 5, "reset_after": False}
    weights = {str(i): np.ones(shape) for i, shape in enumerate([(4, 15), (5, 15), (15,)])}
    half = Bidirectional(GRU.from_config(old)).forward_layer
    for cell in (GRUCell.from_config(old), half.cell):
        cell.build((None, 4))
        for expected in (-1, 1):
            cell.load_own_variables(dict(weights))
            assert np.all(cell.kernel.numpy()[:, :5] == expected)
            assert np.all(cell.kernel.numpy()[:, 5:] == 1)
