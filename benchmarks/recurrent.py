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
import time
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf

from benchmarks.recurrent_cases import CASES, GROWTH, Case
from benchmarks.recurrent_contestants import WAYS, contestant, torch
from benchmarks.recurrent_memory import added_memory, peak_memory


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
