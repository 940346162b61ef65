"""Samplers: how a decoder chooses its tokens."""

from zoo import quiet_keras_hub  # noqa: F401
from zoo.samplers.beam_sampler import BeamSampler

__all__ = ["BeamSampler"]
