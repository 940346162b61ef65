"""The memory that training steps of a recurrent layer take at their peak."""

import json
import subprocess
import sys
from dataclasses import replace

from benchmarks.recurrent_contestants import contestant


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
