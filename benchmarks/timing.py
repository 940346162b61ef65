"""What the app benchmarks share: their options, how they take times and print them."""

import argparse
import time

import numpy as np

from apps.training.measuring import describe_machine


def read_options(description, preset, repeats, **integers):
    """The options `--preset`, `--data-dir` and `--repeats`, and others by name and default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--preset", default=preset)
    parser.add_argument("--data-dir")
    for name, default in {"repeats": repeats, **integers}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    return parser.parse_args()


def rate(count, seconds):
    """So many a second, from the quartiles of the seconds for all."""
    median, high, low = count / seconds
    return f"{median:,.0f} (quartiles {low:,.0f} to {high:,.0f})"


def quartiles(job, repeats):
    """Seconds of a job after one to warm up: median, and the quartiles."""
    job()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return np.percentile(seconds, [50, 25, 75])


def print_table(title, rows):
    """A title, the machine, and rows `(what, figure)`."""
    machine = describe_machine()
    print(title)
    print(f"{machine['hardware']}, {machine['versions']}\n")
    print("| what | figure |")
    print("|---|---|")
    for what, figure in rows:
        print(f"| {what} | {figure} |")
