"""The cases that the benchmark of the recurrent layers runs."""

from dataclasses import dataclass

import numpy as np

GATES = {"LSTM": 4, "GRU": 3}


@dataclass(frozen=True)
class Case:
    """What to run: the layer, the sizes, and whether to train it."""

    layer: str
    batch: int = 32
    time: int = 64
    inputs: int = 128
    units: int = 256
    training: bool = True
    bidirectional: bool = False

    def __str__(self):
        kind = f"{'bidirectional masked ' if self.bidirectional else ''}{self.layer}"
        sizes = f"B={self.batch} T={self.time} D={self.inputs} H={self.units}"
        return f"{kind} {'training step' if self.training else 'inference'}, {sizes}"

    def flops(self):
        """Operations of the products: twice as many backwards as forwards."""
        per_step = 2 * self.batch * GATES[self.layer] * self.units * (self.inputs + self.units)
        return per_step * self.time * (3 if self.training else 1) * (2 if self.bidirectional else 1)

    def arrays(self):
        generator = np.random.default_rng(0)
        x = generator.normal(size=(self.batch, self.time, self.inputs)).astype("float32")
        lengths = generator.integers(self.time // 2, self.time + 1, self.batch)
        lengths[0] = self.time
        return x, lengths if self.bidirectional else None


CASES = (
    Case("LSTM"),
    Case("GRU"),
    Case("GRU", time=32, inputs=160, units=200, bidirectional=True),
    Case("LSTM", training=False),
    Case("GRU", training=False),
    Case("LSTM", batch=1, training=False),
    Case("GRU", batch=1, training=False),
    Case("GRU", batch=1, time=32, inputs=160, units=200, training=False, bidirectional=True),
)
GROWTH = (
    *(Case("LSTM", time=time) for time in (16, 64, 256)),
    *(Case("LSTM", units=units) for units in (64, 256, 512)),
)
