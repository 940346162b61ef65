from tests.zoo.layers.equations import check_cell, simple_rnn_step
from zoo.layers import SimpleRNNCell


def test_equations():
    shapes = {"kernel": (4, 5), "recurrent_kernel": (5, 5), "bias": (5,)}
    check_cell(SimpleRNNCell(5), simple_rnn_step, shapes)
