"""Metrics for `compile`."""

from apps import registry
from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        **registry.exports(__name__),
    },
)
