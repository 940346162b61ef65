from tests.zoo.layers.equations import check_cell, gru_step
from zoo.layers import GRUCell

SHAPES = {"kernel": (4, 15), "recurrent_kernel": (5, 15), "bias": (15,)}


def test_equations_with_reset_after():
    check_cell(GRUCell(5), gru_step, {**SHAPES, "bias": (2, 15)})


def test_equations_with_reset_before():
    check_cell(GRUCell(5, reset_after=False), gru_step, SHAPES)
