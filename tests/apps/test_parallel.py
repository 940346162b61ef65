"""Several processes that train together: the same losses as one, clear errors, no orphans."""

import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from apps.distributed import launch
from apps.distributed.parallel import Place, train_together
from apps.distributed.rendezvous import free_address, meet, parse_address
from apps.distributed.shared_run import own_rows
from apps.training import train
from tests.processes import on_jax

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "seed": 1,
    "data": {"name": "uci_sentiment_sample", "holdout": 4},
    # Two words make batches of one shape, which XLA compiles once.
    "preprocessor": {"vocabulary_size": 100, "sequence_length": 2},
    "network": {"embedding_dim": 4, "units": 3, "bidirectional": False},
    "head": {"dropout": 0.0},
    "fit": {"epochs": 2, "batch_size": 119, "learning_rate": 0.05},
}


def train_alone(folder):
    """Trains as one process does, on JAX."""
    assert keras.backend.backend() == "jax"
    train(RECIPE, folder / "one/preset", run_dir=folder / "one", verbose=0)


def epochs(folder, name):
    with (folder / name / "fit.csv").open(encoding="utf-8", newline="") as file:
        return [[float(value) for value in row.values()] for row in csv.DictReader(file)]


# What is put before the program of each process: it is killed after its first two steps.
KILLED = """
import os
from apps.training import checkpoint
from apps.training import stages
stages._CHECKPOINT_STEPS = 1
save = checkpoint.Checkpoint._save
def save_and_end(self, epoch, step, logs):
    save(self, epoch, step, logs)
    if (epoch, step) == (0, 2):
        os.kill(os.getpid(), 9)
checkpoint.Checkpoint._save = save_and_end
"""
MAIN = """
import sys
from apps.cli import commands
from apps.distributed import launch
launch._COMMAND = {!r} + launch._COMMAND
commands.main()
"""


def test_two_processes_have_the_losses_of_one(tmp_path):
    """Although they are killed; the batch is odd, so that one has a row that does not count."""
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    killed = train_by_two(tmp_path, KILLED)
    assert killed.returncode == 2
    assert "was killed by signal 9" in killed.stdout + killed.stderr
    assert not (tmp_path / "two/fit.csv").read_text()
    process = train_by_two(tmp_path, "")
    assert process.returncode == 0, process.stdout + process.stderr
    on_jax(train_alone, tmp_path)
    one, two = epochs(tmp_path, "one"), epochs(tmp_path, "two")
    assert len(one) == 2
    np.testing.assert_allclose(two, one, rtol=1e-5)
    files = [tmp_path / name / "trained.weights.h5" for name in ("one", "two")]
    for alone, together in zip(*map(arrays_of, files), strict=True):
        np.testing.assert_allclose(together, alone, atol=1e-6)
    figures = [
        json.loads((tmp_path / name / "preset/metrics.json").read_text()) for name in ("one", "two")
    ]
    assert figures[0]["metrics"] == pytest.approx(figures[1]["metrics"], abs=2e-3)


def arrays_of(file):
    found = {}
    with h5py.File(file) as weights:
        weights.visititems(
            lambda name, item: found.update({name: item[()]}) if hasattr(item, "dtype") else None
        )
    return [found[name] for name in sorted(found)]


def train_by_two(tmp_path, before):
    command = [sys.executable, "-c", MAIN.format(before), "train"]
    command += [tmp_path / "recipe.json", "--output", tmp_path / "two/preset"]
    command += ["--run-dir", tmp_path / "two", "--processes", "2"]
    return subprocess.run(
        [*map(str, command)],
        cwd=ROOT,
        env={**os.environ, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},  # compiles faster
        capture_output=True,
        text=True,
        timeout=900,
    )


def children_of(process):
    tasks = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(child) for child in tasks.read_text().split()]


def wait_until(condition, process):
    deadline = time.monotonic() + 300
    while not condition():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(child):
    try:
        return pathlib.Path(f"/proc/{child}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


# Two processes that are started as those of a training are, say so in a folder, and wait.
WAITING = """
import sys
from apps.distributed import launch
launch._COMMAND = '''
import pathlib, sys, time
from apps.distributed.launch import end_with_parent
end_with_parent()
print("I wait", flush=True)
pathlib.Path(sys.argv[1], sys.argv[-1]).touch()
time.sleep(600)
'''
try:
    launch.launch([sys.argv[1]], 2)
except ChildProcessError as error:
    raise SystemExit(str(error))
"""


@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs Linux")
@pytest.mark.parametrize("victim", [0, 1, None])
def test_a_process_that_is_killed_ends_the_others(tmp_path, victim):
    """One of the two, or the one that has started them."""
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, tmp_path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2, process)
    children = children_of(process)
    assert len(children) == 2
    os.kill(process.pid if victim is None else children[victim], signal.SIGKILL)
    output = process.communicate(timeout=60)[0]  # which ends when no process can write to it
    deadline = time.monotonic() + 60
    while any(map(is_alive, children)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    if victim is not None:
        assert process.returncode == 1
        assert f"process {victim} of 2 was killed by signal 9; the others were ended" in output
        assert ("Its last lines:\nI wait" in output) == (victim == 1)


def test_each_process_runs_the_command_and_ends_with_the_one_that_started_it(monkeypatch):
    called = []
    monkeypatch.setattr(launch, "end_with_parent", lambda: called.append("end with parent"))
    monkeypatch.setattr("apps.cli.commands.main", lambda: called.append("command"))
    launch.child()
    assert called == ["end with parent", "command"]


def test_a_process_that_fails_is_told_in_words(run, tmp_path, monkeypatch):
    def fail(arguments, processes):
        raise ChildProcessError("process 1 of 2 was killed by signal 9; the others were ended.")

    monkeypatch.setattr(launch, "launch", fail)
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    options = ("--processes", 2, "--output", tmp_path / "preset")
    code, _, error = run("train", tmp_path / "recipe.json", *options)
    assert code == 2
    assert "process 1 of 2 was killed by signal 9; the others were ended" in error


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize(("processes", "devices"), [(1, 1), (2, 2), (3, 3), (2, 4)])
def test_the_rows_of_all_processes_are_the_batch(count, processes, devices):
    ids = tf.reshape(tf.range(count * 2), (count, 2))
    labels = tf.range(count)
    parts = [
        own_rows({"ids": ids}, labels, processes=processes, process_id=each, devices=devices)
        for each in range(processes)
    ]
    assert len({len(y) for _, y, _ in parts}) == 1
    assert len(parts[0][1]) * processes % devices == 0
    weights = np.concatenate([weights for *_, weights in parts])
    counted = weights > 0
    assert counted.sum() == count
    np.testing.assert_allclose(weights[counted], len(weights) / count)
    np.testing.assert_array_equal(np.concatenate([x["ids"] for x, *_ in parts])[counted], ids)
    np.testing.assert_array_equal(np.concatenate([y for _, y, _ in parts])[counted], labels)


def test_rows_that_do_not_count_of_labels_of_words():
    sizes = {"processes": 2, "process_id": 1}
    x, y = own_rows(tf.range(3), tf.ones((3, 2), tf.int32), **sizes)
    assert (x.numpy().tolist(), y.numpy().tolist()) == ([2, 0], [[1, 1], [-1, -1]])
    _, y, weights = own_rows(tf.range(3), tf.ones((3, 2)), tf.ones((3, 2)), **sizes)
    assert (y.shape, weights.numpy().tolist()) == ((2, 2), [[1, 1], [0, 0]])
    np.testing.assert_array_equal(own_rows(tf.range(4), **sizes), [2, 3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2, 2, "a:1"), "`process_id` must be from 0 to 1 with 2 processes, got 2"),
        ((2, -1, "a:1"), "`process_id` must be from 0 to 1 with 2 processes, got -1"),
        ((0, 0, "a:1"), "`processes` must be 1 or more, got 0"),
        ((2, 0, "here"), "`coordinator` must be an address such as .*, got 'here'"),
        ((2, 0, "here:"), "`coordinator` must be an address"),
        ((2, 0, ":80"), "`coordinator` must be an address"),
        ((2, 0, "here:70000"), "`coordinator` must be .* from 1 to 65535, got 'here:70000'"),
    ],
)
def test_a_wrong_place(arguments, message):
    with pytest.raises(ValueError, match=message):
        Place(*arguments)


def test_addresses():
    assert parse_address("10.0.0.1:80") == ("10.0.0.1", 80)
    assert parse_address("[::1]:80") == ("::1", 80)


def test_another_backend(tmp_path):
    with pytest.raises(RuntimeError, match=r"KERAS_BACKEND must be 'jax' .* got 'tensorflow'"):
        train_together(RECIPE, Place(2, 0, "127.0.0.1:80"), tmp_path / "a", run_dir=tmp_path / "b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--coordinator", "a:1"), "`--coordinator` and `--process-id` must come together"),
        (("--process-id", 0), "`--coordinator` and `--process-id` must come together"),
        (("--coordinator", "a:1", "--process-id", 2), "`process_id` must be from 0 to 1"),
        (("--coordinator", "a", "--process-id", 1), "`coordinator` must be an address"),
    ],
)
def test_wrong_options(run, tmp_path, monkeypatch, options, message):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    (tmp_path / "recipe.json").write_text(json.dumps(RECIPE))
    code, _, error = run("train", tmp_path / "recipe.json", "--processes", 2, *options)
    assert code == 2
    assert message in error


def test_the_command_wants_jax(run, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    options = ("--processes", 2, "--coordinator", "a:1", "--process-id", 1)
    code, _, error = run("train", tmp_path / "recipe.json", *options)
    assert code == 2
    assert "KERAS_BACKEND must be 'jax' with `--coordinator`, got 'tensorflow'" in error


def both(address, first, second, timeout=60):
    """What `meet` raises in process 0 and in another one."""
    raised = [None, None]

    def come(index, process_id, ticket):
        try:
            meet(address, process_id, ticket, timeout)
        except (OSError, ValueError) as error:
            raised[index] = error

    threads = [
        threading.Thread(target=come, args=(index, *each))
        for index, each in enumerate([first, second])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_processes_meet():
    ticket = {"processes": 2, "recipe": "a"}
    assert both(free_address(), (0, ticket), (1, ticket)) == [None, None]


def test_processes_that_do_not_agree():
    tickets = [{"processes": 2, "recipe": name} for name in "ab"]
    for error in both(free_address(), (0, tickets[0]), (1, tickets[1])):
        assert isinstance(error, ValueError)
        assert "`recipe` must be the same in all processes, got 'a' in process 0 and 'b'" in str(
            error
        )


def test_processes_with_one_id():
    address, ticket = free_address(), {"processes": 3}
    raised = []

    def come():
        try:
            meet(address, 1, ticket, 60)
        except ValueError as error:
            raised.append(str(error))

    threads = [threading.Thread(target=come) for _ in range(2)]
    for thread in threads:
        thread.start()
    with pytest.raises(ValueError, match=r"`process_id` must be another for each .* got 1 twice"):
        meet(address, 0, ticket, 60)
    for thread in threads:
        thread.join()
    assert len(raised) == 2


def test_nobody_answers():
    with pytest.raises(TimeoutError, match=r"`coordinator` 127.0.0.1:.* did not answer within 0.3"):
        meet(free_address(), 1, {"processes": 2}, 0.3)


def test_nobody_comes():
    with pytest.raises(TimeoutError, match=r"Within 0.3 seconds no process came .* \[1, 2\]"):
        meet(free_address(), 0, {"processes": 3}, 0.3)


def test_an_address_of_another_machine():
    with pytest.raises(OSError, match="`coordinator` must be an address of the machine of process"):
        meet("192.0.2.1:1234", 0, {"processes": 2}, 1)
