"""Attention of a decoder's query to the states of an encoder."""

from zoo.layers.attention.additive_attention import AdditiveAttention
from zoo.layers.attention.hard_attention import HardAttention
from zoo.layers.attention.local_attention import LocalAttention
from zoo.layers.attention.multi_head_attention import MultiHeadAttention
from zoo.layers.attention.multiplicative_attention import MultiplicativeAttention

__all__ = [
    "AdditiveAttention",
    "HardAttention",
    "LocalAttention",
    "MultiHeadAttention",
    "MultiplicativeAttention",
]
