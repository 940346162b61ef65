from tests.zoo.layers.equations import check_layer_of_steps, simple_rnn_step
from zoo.layers import SimpleRNN


def test_equations():
    check_layer_of_steps(SimpleRNN(5, return_sequences=True, return_state=True), simple_rnn_step)
