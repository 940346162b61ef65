from tests.zoo.layers.equations import check_layer_of_steps, peephole_lstm_step
from zoo.layers import PeepholeLSTM


def test_equations():
    check_layer_of_steps(
        PeepholeLSTM(5, return_sequences=True, return_state=True), peephole_lstm_step
    )
