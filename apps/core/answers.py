"""Answers that several apps give."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Classification:
    """The answer for one text.

    Attributes:
        label: The likeliest label.
        score: Its probability.
        words: The words that the network saw, as they came, where their weights were asked for.
        attention: The weight of each of them, which sum to 1; `None` where it was not asked for.
    """

    label: str
    score: float
    words: list | None = None
    attention: list | None = None
