"""Searching hyper-parameters with Keras Tuner, on any strategy, in one process or several."""

import importlib

# TensorFlow is imported with the first of these names.
_PLACES = {
    "SearchResult": "tuning.searching",
    "TrialSummary": "tuning.report",
    "make_strategy": "tuning.strategies",
    "read_trials": "tuning.report",
    "search": "tuning.searching",
}

__all__ = list(_PLACES)


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module 'tuning' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__():
    return sorted([*globals(), *_PLACES])
