import numpy as np
import pytest

from tests.zoo.layers.equations import check_cell, lstm_step
from zoo.layers import LSTMCell, PeepholeLSTMCell


def test_equations():
    shapes = {"kernel": (4, 20), "recurrent_kernel": (5, 20), "bias": (20,)}
    check_cell(LSTMCell(5), lstm_step, shapes)


@pytest.mark.parametrize("cell_class", [LSTMCell, PeepholeLSTMCell])
@pytest.mark.parametrize("unit_forget_bias", [True, False])
def test_forget_bias(cell_class, unit_forget_bias):
    cell = cell_class(5, unit_forget_bias=unit_forget_bias)
    cell.build((None, 4))
    i, f, g, o = np.split(cell.bias.numpy(), 4)
    assert np.all(f == unit_forget_bias)
    assert not np.any([i, g, o])
    assert cell_class.from_config(cell.get_config()).unit_forget_bias == unit_forget_bias
