"""How fast the recurrent layers are, beside Keras' and, where it is installed, PyTorch's.

    python -m benchmarks.recurrent [--quick] [--runs 15] [--threads N]

A training step is the outputs and the gradients of the inputs and of all weights; inference is the
outputs alone. The contestants take turns in each round, so that a noisy machine disturbs them
alike: only the ratios of one run are worth quoting. `fit`, with `jit_compile="auto"`, compiles with
XLA; "plain" is a graph with free batch and time.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import zoo.layers

try:
    import torch
except ImportError:  # it is optional
    torch = None

GATES = {"LSTM": 4, "GRU": 3}
WAYS = ("ours, plain", "ours, XLA", "Keras, plain", "Keras, XLA", "torch")


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


def contestant(way, case):
    """A function without arguments that runs the case once, or `None` where it cannot be had."""
    if way == "torch":
        return torch and torch_contestant(case)
    family = zoo.layers if way.startswith("ours") else keras.layers
    layer = getattr(family, case.layer)(case.units, return_sequences=True)
    if case.bidirectional:
        layer = keras.layers.Bidirectional(layer)
    layer.build((None, None, case.inputs))
    function = in_graph(layer, case, jit_compile=way.endswith("XLA"))
    x, lengths = case.arrays()
    inputs = [tf.constant(x)]
    if lengths is not None:
        inputs.append(tf.sequence_mask(lengths, case.time))
    return lambda: tf.nest.flatten(function(*inputs))[0].numpy()


def in_graph(layer, case, jit_compile):
    weights = [weight.value for weight in layer.trainable_variables]

    def run(x, mask=None):
        if not case.training:
            return layer(x, mask=mask)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(layer(x, mask=mask, training=True)))
        return tape.gradient(loss, [x, *weights])

    if jit_compile:  # XLA wants the sizes
        return tf.function(run, jit_compile=True)
    signature = [tf.TensorSpec((None, None, case.inputs))]
    if case.bidirectional:
        signature.append(tf.TensorSpec((None, None), "bool"))
    return tf.function(run, input_signature=signature)


def torch_contestant(case):
    options = {"batch_first": True, "bidirectional": case.bidirectional}
    layer = getattr(torch.nn, case.layer)(case.inputs, case.units, **options)
    x, lengths = case.arrays()
    x = torch.tensor(x, requires_grad=case.training)

    def forward():
        if lengths is None:
            return layer(x)[0]
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            x, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        return torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0], batch_first=True)[0]

    def run():
        if not case.training:
            with torch.no_grad():
                return forward()
        layer.zero_grad()
        x.grad = None
        forward().square().sum().backward()
        return x.grad

    return run


def large_product():
    """A product of the size of a layer's weight gradient, the bound of them all."""
    a, b = tf.random.normal((1024, 2048)), tf.random.normal((2048, 1024))
    product = tf.function(tf.matmul)
    return lambda: product(a, b).numpy()


LARGE_PRODUCT_FLOPS = 2 * 1024 * 2048 * 1024


def measure(functions, runs):
    """Milliseconds of each function in each round; they take turns."""
    for function in functions.values():
        function(), function()  # the first calls compile
    times = {name: [] for name in functions}
    for _ in range(runs):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(1e3 * (time.perf_counter() - start))
    return times


def compare(case, runs):
    """A row of the table: the times of each way, the share of the bound and the ratios."""
    functions = {way: contestant(way, case) for way in WAYS}
    functions = {way: function for way, function in functions.items() if function}
    times = measure({**functions, "product": large_product()}, runs)
    median = {way: float(np.median(each)) for way, each in times.items()}
    bound = median["product"] * case.flops() / LARGE_PRODUCT_FLOPS
    ours = min(median["ours, plain"], median["ours, XLA"])
    best = min(median["Keras, plain"], median["Keras, XLA"])
    ratios = [
        median["ours, plain"] / median["Keras, plain"],
        median["ours, XLA"] / median["Keras, XLA"],
        ours / best,
        ours / median["torch"] if "torch" in median else None,
        bound / ours,
    ]
    cells = [spread(times[way]) if way in times else "-" for way in WAYS]
    return [str(case), *cells, *("-" if r is None else f"{r:.2f}" for r in ratios)]


def spread(times):
    low, median, high = np.percentile(times, [25, 50, 75])
    return f"{median:.3g} ({low:.3g}-{high:.3g})"


HEADER = (
    "case",
    *(f"{way}, ms" for way in WAYS),
    "ours / Keras, plain",
    "ours / Keras, XLA",
    "best / best Keras",
    "best / torch",
    "bound / best",
)


def peak_memory(way, case):
    """Megabytes that training steps add to a process of their own."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.recurrent",
        "--memory",
        way,
        json.dumps(vars(case)),
    ]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def added_memory(way, case):
    contestant(way, replace(case, batch=1, time=2))()  # the libraries' own
    before = high_water()
    function = contestant(way, case)
    for _ in range(5):
        function()
    return high_water() - before


def high_water():
    """The most memory that this process has had, in MB; `getrusage` starts from its parent's."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def print_table(header, rows):
    for row in (header, ["---"] * len(header), *rows):
        print("|", " | ".join(row), "|", flush=True)
    print()


def report(runs, quick, threads):
    cases, growth = CASES, GROWTH
    if quick:
        cases = [replace(case, batch=2, time=4, inputs=8, units=8) for case in CASES[2:3]]
        growth = []
    print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}, ", end="")
    print(
        f"torch {torch.__version__ if torch else 'not installed'}; {os.cpu_count()} cores, ", end=""
    )
    print(f"{threads or 'all'} threads; median (quartiles) of {runs} interleaved runs.\n")
    print_table(HEADER, [compare(case, runs) for case in cases])
    print("Growth with time and with units:\n")
    print_table(HEADER, [compare(case, runs) for case in growth])
    print("Peak memory of training steps, MB over the process' start:\n")
    memory = [way for way in WAYS if way != "torch"]
    rows = [[str(c), *(f"{peak_memory(w, c):.0f}" for w in memory)] for c in cases[:3]]
    print_table(["case", *memory], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that it runs")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, help="threads within and between operations")
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.threads:
        tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
        tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
        if torch:
            torch.set_num_threads(arguments.threads)
    if arguments.memory:
        way, case = arguments.memory
        print(added_memory(way, Case(**json.loads(case))))
    else:
        report(2 if arguments.quick else arguments.runs, arguments.quick, arguments.threads)


if __name__ == "__main__":
    main()
