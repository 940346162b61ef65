from tests.zoo.layers.equations import check_layer_of_steps, lstm_step
from zoo.layers import LSTM


def test_equations():
    check_layer_of_steps(LSTM(5, return_sequences=True, return_state=True), lstm_step)
