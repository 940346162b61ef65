"""What all cells share."""

import keras
import numpy as np
import pytest

from zoo.layers import GRUCell, LSTMCell, PeepholeLSTMCell, SimpleRNNCell

B, T, D, H = 3, 6, 4, 5
CELLS = [SimpleRNNCell, GRUCell, LSTMCell, PeepholeLSTMCell]
every_cell = pytest.mark.parametrize("cell_class", CELLS)


def sequences():
    return np.random.default_rng(0).normal(size=(B, T, D)).astype("float32")


@every_cell
@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("units", 0, "positive integer"),
        ("units", 2.5, "positive integer"),
        ("dropout", 1.5, r"number in \[0, 1\)"),
        ("recurrent_dropout", -0.1, r"number in \[0, 1\)"),
    ],
)
def test_bad_arguments(cell_class, name, value, expected):
    with pytest.raises(ValueError, match=f"`{name}` must be a {expected}, got {value}"):
        cell_class(**{"units": H, name: value})


@every_cell
def test_recurrent_kernel_starts_orthogonal(cell_class):
    cell = cell_class(H)
    cell.build((None, D))
    u = cell.recurrent_kernel.numpy()
    np.testing.assert_allclose(u @ u.T, np.eye(H), atol=1e-5)


@every_cell
def test_projection_of_a_sequence_is_that_of_its_steps(cell_class):
    cell = cell_class(H)
    cell.build((None, D))
    x = sequences()
    mask = np.float32([[2, 0, 2, 0]] * B)
    for input_mask in (None, mask):
        steps = np.stack([cell.project(x[:, t], input_mask) for t in range(T)], 1)
        np.testing.assert_allclose(cell.project(x, input_mask), steps, atol=1e-5)


@every_cell
def test_works_in_keras_rnn_alone_and_stacked(cell_class):
    x = sequences()
    layer = keras.layers.RNN(cell_class(H), return_sequences=True)
    assert layer(x).shape == (B, T, H)
    stack = keras.layers.RNN([cell_class(H, dropout=0.5), cell_class(2)])
    assert stack(x, training=True).shape == (B, 2)


@every_cell
def test_dropout_in_keras_rnn(cell_class):
    layer = keras.layers.RNN(cell_class(H, dropout=0.5, recurrent_dropout=0.5, seed=1))
    x = sequences()
    assert not np.allclose(layer(x, training=True), layer(x, training=True))
    np.testing.assert_array_equal(layer(x), layer(x, training=False))


def test_one_mask_per_sequence_in_keras_rnn():
    layer = keras.layers.RNN(SimpleRNNCell(H, dropout=0.5, seed=1), return_sequences=True)
    x = np.repeat(sequences()[:, :1], T, 1)
    layer(x)
    layer.cell.recurrent_kernel.assign(np.zeros((H, H)))  # each output is that of its input alone
    y = layer(x, training=True)
    np.testing.assert_allclose(y, np.repeat(y[:, :1], T, 1), 1e-6)
    assert not np.allclose(y, layer(x))
