"""What the tests share: quiet TensorFlow, seeds, small models, and what the suite costs."""

import collections
import os
import pathlib
import resource
import subprocess
import sys
from unittest import mock

import pytest

from tests import processes, renewal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What is compiled once is not worth optimising; that of JAX, in a process of its own, neither.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)
# Workers keep what they have freed: else a fifth of the time goes into memory.
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "1000000000")
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", "10000000000")
os.environ.setdefault("MALLOC_ARENA_MAX", "2")


@pytest.fixture(autouse=True, scope="session")
def sparing():
    processes.spare()


@pytest.fixture(autouse=True)
def seeded():
    """Seeds all generators, but keeps TensorFlow's kernels, which it would drop and make anew.

    Not when they take too much memory: those of XLA are large.
    """
    import keras
    from tensorflow.python import pywrap_tfe  # what drops them has no public place

    drop = pywrap_tfe.TFE_ContextClearCaches
    too_much = renewal.memory("self") > 1e9
    with mock.patch.object(pywrap_tfe, "TFE_ContextClearCaches", drop if too_much else mock.Mock()):
        keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def no_interpreter(request, monkeypatch):
    """With `--fast` a test that starts one fails: it belongs into `SLOW`."""
    if request.config.getoption("--fast"):
        popen = subprocess.Popen

        def start(command, *args, **kwargs):
            assert sys.executable not in command, "add the test to SLOW of tests/conftest.py"
            return popen(command, *args, **kwargs)

        monkeypatch.setattr(subprocess, "Popen", start)


@pytest.fixture(autouse=True, scope="module")
def nothing_stays():
    """What a file has made is given back before the next one."""
    yield
    import keras

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


@pytest.fixture(scope="module")
def models():
    """Models by name, for those tests of a file that leave them as they are."""
    return {}


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


# What `make test-fast` leaves out: what starts interpreters, trains presets, or compiles much.
SLOW = (
    "tests/benchmarks/",
    "tests/test_documentation.py::test_readme",
    "tests/test_frozen.py",
    "tests/test_package.py::test_a_wheel",
    "tests/test_package.py::test_what_loads",
    "tests/zoo/layers/test_keras_suites.py",
    "tests/apps/outsiders/",
    "tests/test_saved_models.py::test_pinned_answers",
    "tests/tuning/test_search.py",
    "tests/tuning/test_strategies.py",
    "tests/tuning/test_tune_command.py",
    "tests/tuning/test_workers.py",
    "tests/apps/datasets/test_sample.py::test_it_needs_no_tensorflow_datasets",
    "tests/apps/metrics/test_entity_scores.py::test_on_jax",
    "tests/apps/test_answers.py",
    "tests/apps/test_cli.py",
    "tests/apps/test_every_app.py",
    "tests/apps/test_export.py",
    "tests/apps/test_fit.py",
    "tests/apps/test_jax.py",
    "tests/apps/test_killed.py",
    "tests/apps/test_parallel.py::test_a_process_that_is_killed",
    "tests/apps/test_parallel.py::test_two_processes",
    "tests/apps/test_question_answering.py",
    "tests/apps/test_question_answering_recipes.py",
    "tests/apps/test_recipe_fields.py",
    "tests/apps/test_sentiment.py",
    "tests/apps/test_stages.py",
    "tests/apps/test_tagging.py",
    "tests/apps/test_tagging_recipes.py",
    "tests/apps/test_training.py",
    "tests/apps/test_translation.py",
    "tests/apps/test_translation_files.py",
    "tests/apps/test_translation_recipes.py",
    "tests/apps/test_translation_training.py",
    "tests/zoo/backbones/test_seq2seq.py",
    "tests/zoo/backbones/test_story_networks.py::test_gradients",
    "tests/zoo/layers/test_backends.py",
    "tests/zoo/layers/test_bidirectional.py",
    "tests/zoo/layers/test_char_rnn.py::test_it_learns",
    "tests/zoo/layers/test_char_rnn.py::test_on_jax",
    "tests/zoo/layers/test_crf_loss.py",
    "tests/zoo/layers/test_recurrence.py",
    "tests/zoo/layers/test_recurrent_cudnn.py",
    "tests/zoo/layers/test_recurrent_layers.py",
    "tests/zoo/samplers/",
)
SLOW_CHECKS = ("check_xla", "check_keras_file")  # of the generic test of layers


def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help="leaves out what takes long")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--fast"):
        return
    slow = [
        item
        for item in items
        if item.nodeid.startswith(SLOW) or item.nodeid.rstrip("]").endswith(SLOW_CHECKS)
    ]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in set(slow)]


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


def pytest_configure(config):
    if hasattr(config, "workerinput") and sys.platform == "linux":
        plugin = renewal.Renewal(at_start=_start_to_count, at_end=processes.end_helpers)
        config.pluginmanager.register(plugin)


def _start_to_count():
    _LAST["seconds"] = cpu_seconds()


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
