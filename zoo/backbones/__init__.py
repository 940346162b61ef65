"""Backbones: functional graphs made of the layers."""

from zoo.backbones.recurrent_encoder import RecurrentEncoder

__all__ = ["RecurrentEncoder"]
