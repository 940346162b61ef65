import pytest

from tests.zoo.layers.equations import check_layer_of_steps, gru_step
from zoo.layers import GRU


@pytest.mark.parametrize("reset_after", [True, False])
def test_equations(reset_after):
    layer = GRU(5, reset_after=reset_after, return_sequences=True, return_state=True)
    check_layer_of_steps(layer, gru_step)
