import numpy as np

from tests.zoo.layers.equations import check_cell, peephole_lstm_step
from zoo.layers import LSTMCell, PeepholeLSTMCell


def test_equations():
    shapes = {"kernel": (4, 20), "recurrent_kernel": (5, 20), "bias": (20,), "peepholes": (3, 5)}
    check_cell(PeepholeLSTMCell(5), peephole_lstm_step, shapes)


def test_starts_as_a_plain_lstm():
    generator = np.random.default_rng(0)
    x, *states = generator.normal(size=(3, 5)), *generator.normal(size=(2, 3, 5))
    cell, plain = PeepholeLSTMCell(5), LSTMCell(5)
    output, _ = cell(x, states)
    plain.build((None, 5))
    plain.set_weights(cell.get_weights()[:3])
    np.testing.assert_allclose(output, plain(x, states)[0], 1e-6, 1e-6)
