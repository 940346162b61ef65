"""The benchmark of the recurrent layers runs, and says what it is said to."""

import dataclasses

import numpy as np
import pytest

from benchmarks import recurrent, recurrent_memory
from benchmarks.recurrent_cases import CASES, Case
from benchmarks.recurrent_contestants import WAYS, contestant

TINY = {"batch": 2, "time": 3, "inputs": 4, "units": 5}


@pytest.mark.parametrize("case", CASES[1:4], ids=str)
def test_the_ways_but_xla_run(case):
    for way in WAYS:
        function = None if "XLA" in way else contestant(way, dataclasses.replace(case, **TINY))
        if function:  # torch is optional
            expected = (2, 3, 4) if case.training else (2, 3, 5)
            assert np.shape(function()) == expected


def test_a_row_of_the_table():
    row = recurrent.compare(Case("GRU", **TINY), runs=2)
    assert len(row) == len(recurrent.HEADER)
    assert row[0] == "GRU training step, B=2 T=3 D=4 H=5"
    assert all(float(cell) > 0 for cell in row[-5:-2])


def test_operations():
    assert Case("LSTM", **TINY, training=False).flops() == 2 * 2 * 3 * (4 + 5) * 4 * 5
    assert Case("GRU", **TINY, bidirectional=True).flops() == 6 * 2 * 2 * 3 * (4 + 5) * 3 * 5


def test_memory():
    added = recurrent_memory.added_memory("ours, plain", Case("GRU", **TINY))
    assert added >= -1  # the kernel adds up what the threads have later
    assert recurrent_memory.high_water() > 100
