"""Searching hyper-parameters with Keras Tuner, on any strategy, in one process or several."""

from zoo.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SearchResult": "tuning.searching",
        "TrialSummary": "tuning.report",
        "make_strategy": "tuning.strategies",
        "read_trials": "tuning.report",
        "search": "tuning.searching",
    },
    first="zoo.quiet_keras_hub",
)
