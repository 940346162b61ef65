"""What the tests share: quiet TensorFlow, seeds, small models, and what the suite costs."""

import collections
import os
import pathlib
import resource

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pytest

from tests import processes

TRAINING_TEXTS = ["a fine film", "a bad film", "fine , fine film !", "bad , bad film !"] * 8
TRAINING_LABELS = [1, 0, 1, 0] * 8


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True, scope="module")
def nothing_stays():
    """What a file has made is given back before the next one."""
    yield
    keras.utils.clear_session(free_memory=True)


@pytest.fixture
def make_classifier():
    """Makes a small, untrained classifier."""
    import apps
    from zoo.backbones import RecurrentEncoder

    def make(sequence_length=8, network=None, **kwargs):
        tokenizer = apps.WordTokenizer(["film", "a", "fine", "bad", ",", "!"])
        preprocessor = apps.SentimentPreprocessor(tokenizer, sequence_length)
        encoder = RecurrentEncoder(tokenizer.vocabulary_size(), 8, 4, **(network or {}))
        return apps.SentimentClassifier(encoder, preprocessor, **kwargs)

    return make


TRAINING_WORDS = [["Ada", "met", "Bob"], ["in", "Paris", "!"], ["Bob", "met", "Ada"]] * 8
TRAINING_TAGS = [["B-PER", "O", "B-PER"], ["O", "B-LOC", "O"], ["B-PER", "O", "B-PER"]] * 8


@pytest.fixture
def make_tagger():
    """Makes a small, untrained tagger."""
    import apps
    from zoo.backbones import RecurrentEncoder

    def make(tags=("O", "B-PER", "I-PER", "B-LOC", "I-LOC"), network=None, **kwargs):
        tokenizer = apps.WordTokenizer(["met", "in", "ada", "bob", "paris", "!"])
        preprocessor = apps.TaggingPreprocessor(tokenizer, tags, word_length=8)
        options = {"char_encoder": "cnn", "char_units": 4, "casing_dim": 2, **(network or {})}
        encoder = RecurrentEncoder(tokenizer.vocabulary_size(), 8, 4, **options)
        return apps.Tagger(encoder, preprocessor, **kwargs)

    return make


@pytest.fixture
def run(capsys, monkeypatch):
    """Runs the command `seqzoo`; gives exit code, output and error output."""
    from tuning import cli

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["seqzoo", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        output = capsys.readouterr()
        return stop.value.code, output.out, output.err

    return run


def cpu_seconds():
    """CPU time of this process, of those that it has started and have ended, and of helpers."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    for process in processes.helpers():
        try:
            numbers = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended, or there is no such folder
            continue
        seconds += sum(map(int, numbers[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


_LAST, _COSTS = {"seconds": cpu_seconds()}, collections.Counter()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Notes the CPU time of each part of a test."""
    report = (yield).get_result()
    now = cpu_seconds()
    report.cpu_seconds, _LAST["seconds"] = now - _LAST["seconds"], now


def pytest_sessionfinish():
    processes.end_helpers()


def pytest_runtest_logreport(report):
    _COSTS[report.nodeid.split("::")[0]] += report.cpu_seconds


def pytest_terminal_summary(terminalreporter):
    total = sum(_COSTS.values())
    if total:
        terminalreporter.section(f"CPU time of the tests: {total:.0f} s")
        for file, seconds in _COSTS.most_common(10):
            terminalreporter.line(f"{seconds:7.1f} s {seconds / total:6.1%}  {file}")
