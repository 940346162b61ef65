"""Backbones: functional graphs made of the layers."""

from zoo import quiet_keras_hub  # noqa: F401
from zoo.backbones.entity_network import EntityNetwork
from zoo.backbones.recurrent_encoder import RecurrentEncoder
from zoo.backbones.seq2seq import Seq2Seq
from zoo.backbones.story_gru import StoryGRU
from zoo.backbones.tensor_product_network import TensorProductNetwork

__all__ = ["EntityNetwork", "RecurrentEncoder", "Seq2Seq", "StoryGRU", "TensorProductNetwork"]
