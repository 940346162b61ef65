"""Samplers: how a decoder chooses its tokens."""

from zoo.samplers.beam_sampler import BeamSampler

__all__ = ["BeamSampler"]
