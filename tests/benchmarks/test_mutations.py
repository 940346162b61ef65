"""The faults that are put in on purpose fit the files."""

import pathlib

from benchmarks.mutations import MUTATIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_each_text_is_there_once():
    for mutation in MUTATIONS:
        text = (ROOT / mutation.file).read_text("utf-8")
        assert text.count(mutation.old) == 1, (mutation.file, mutation.old)
        assert (ROOT / mutation.test.partition("::")[0]).is_file(), mutation.test
