"""The recurrent layers that the tests enumerate, and the sizes that they use."""

from functools import partial

from zoo.layers import GRU, LSTM, PeepholeLSTM, SimpleRNN

B, T, D, H = 3, 5, 4, 6
LAYERS = {
    "SimpleRNN": SimpleRNN,
    "GRU": GRU,
    "GRU-before": partial(GRU, reset_after=False),
    "LSTM": LSTM,
    "PeepholeLSTM": PeepholeLSTM,
}
