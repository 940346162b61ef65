"""How the app benchmarks take times and print them."""

import time

import numpy as np

from apps.measuring import describe_machine


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
