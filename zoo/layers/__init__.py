"""Layers and cells."""

from zoo import quiet_keras  # noqa: F401
from zoo.argument_names import names_the_nearest
from zoo.layers._output_spec import infers_as_called
from zoo.layers.attention import (
    AdditiveAttention,
    HardAttention,
    LocalAttention,
    MultiHeadAttention,
    MultiplicativeAttention,
)
from zoo.layers.attention_decoder import AttentionDecoder
from zoo.layers.attention_pooling import AttentionPooling
from zoo.layers.bidirectional import Bidirectional
from zoo.layers.char_cnn import CharCNN
from zoo.layers.char_rnn import CharRNN
from zoo.layers.crf import CRF
from zoo.layers.embedding_gate import EmbeddingGate
from zoo.layers.entity_memory_cell import EntityMemoryCell
from zoo.layers.gru import GRU
from zoo.layers.gru_cell import GRUCell
from zoo.layers.last_pooling import LastPooling
from zoo.layers.lstm import LSTM
from zoo.layers.lstm_cell import LSTMCell
from zoo.layers.max_pooling import MaxPooling
from zoo.layers.mean_pooling import MeanPooling
from zoo.layers.memory_hop import MemoryHop
from zoo.layers.multiplicative_encoding import MultiplicativeEncoding
from zoo.layers.peephole_lstm import PeepholeLSTM
from zoo.layers.peephole_lstm_cell import PeepholeLSTMCell
from zoo.layers.position_encoding import PositionEncoding
from zoo.layers.sampled_softmax import SampledSoftmax
from zoo.layers.simple_rnn import SimpleRNN
from zoo.layers.simple_rnn_cell import SimpleRNNCell
from zoo.layers.slot_pooling import SlotPooling
from zoo.layers.tensor_product_memory import TensorProductMemory
from zoo.layers.word_dropout import WordDropout

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "AdditiveAttention",
    "AttentionDecoder",
    "AttentionPooling",
    "Bidirectional",
    "CharCNN",
    "CharRNN",
    "EmbeddingGate",
    "EntityMemoryCell",
    "GRUCell",
    "HardAttention",
    "LSTMCell",
    "LastPooling",
    "LocalAttention",
    "MaxPooling",
    "MeanPooling",
    "MemoryHop",
    "MultiHeadAttention",
    "MultiplicativeAttention",
    "MultiplicativeEncoding",
    "PeepholeLSTM",
    "PeepholeLSTMCell",
    "PositionEncoding",
    "SampledSoftmax",
    "SimpleRNN",
    "SimpleRNNCell",
    "SlotPooling",
    "TensorProductMemory",
    "WordDropout",
]

for _name in __all__:
    infers_as_called(names_the_nearest(globals()[_name]))
