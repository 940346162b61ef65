"""Backbones: functional graphs made of the layers."""

from zoo.backbones.entity_network import EntityNetwork
from zoo.backbones.recurrent_encoder import RecurrentEncoder
from zoo.backbones.seq2seq import Seq2Seq
from zoo.backbones.story_gru import StoryGRU
from zoo.backbones.working_memory_network import WorkingMemoryNetwork

__all__ = ["EntityNetwork", "RecurrentEncoder", "Seq2Seq", "StoryGRU", "WorkingMemoryNetwork"]
