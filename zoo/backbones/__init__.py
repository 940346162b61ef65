"""Backbones: functional graphs made of the layers."""

from zoo.backbones.recurrent_encoder import RecurrentEncoder
from zoo.backbones.seq2seq import Seq2Seq

__all__ = ["RecurrentEncoder", "Seq2Seq"]
