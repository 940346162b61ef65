"""Strategies: names, errors in words, two replicas for real, fixed shapes for a TPU."""

import json
import socket
import subprocess
import sys

import pytest
import tensorflow as tf

from apps import datasets
from apps.recipes import read_recipe
from apps.training.fixed_shapes import fixed_shapes
from apps.training.from_recipe import learn, open_run
from tests.tuning.two_replicas import CLIPNORM, RATE
from tuning import make_strategy, strategies

RECIPE = {
    "name": "tiny",
    "app": "sentiment",
    "seed": 3,
    "data": {"name": "uci_sentiment_sample", "holdout": 96},
    "network": {"embedding_dim": 8, "units": 8},
    "head": {"dropout": 0.0},
    "preprocessor": {"sequence_length": 32},
    "fit": {"epochs": 1, "batch_size": 16, "clipnorm": 1e3},
}


@pytest.mark.parametrize("name", ["auto", "cpu", "mirrored"])
def test_names(name):
    assert make_strategy(name).num_replicas_in_sync == 1


def test_a_strategy_is_taken_as_it_is():
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    assert make_strategy(strategy) is strategy


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("miror", "`strategy` 'miror' is unknown; did you mean mirrored"),
        ("cpu:0", "`strategy` 'cpu:0' is unknown"),
        ("tpu:", "`strategy` must be 'tpu:NAME'"),
        (3, "`strategy` must be a name or a tf.distribute.Strategy, got int"),
        ("gpu", "`strategy` 'gpu' needs a GPU"),
        ("tpu", "could not reach a TPU of this machine. Is it attached"),
    ],
)
def test_errors_in_words(strategy, message):
    with pytest.raises(ValueError, match=message):
        make_strategy(strategy)


def test_a_tpu_that_does_not_listen():
    with socket.socket() as taken:  # bound, so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        address = f"grpc://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ValueError, match=rf"could not reach the TPU '{address}'.*refused"):
            make_strategy(f"tpu:{address}")


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ({}, "cpu"),
        ({"GPU": 1}, "gpu"),
        ({"GPU": 2}, "mirrored"),
        ({"GPU": 8}, "mirrored"),
        ({"TPU": 1, "GPU": 1}, "tpu local"),
    ],
)
def test_auto_takes_all_that_is_there(monkeypatch, devices, expected):
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: ["device"] * devices.get(kind, 0)
    )
    for name in ("cpu", "gpu", "mirrored", "tpu"):
        made = lambda *address, name=name: " ".join([name, *address])
        monkeypatch.setattr(strategies, f"_{name}", made)
    assert make_strategy("auto") == expected


@pytest.fixture(scope="module")
def two_replicas(tmp_path_factory):
    """What trainings on one and on two logical devices gave, in a process of their own."""
    command = [sys.executable, "-m", "tests.tuning.two_replicas"]
    command.append(str(tmp_path_factory.mktemp("replicas")))
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("app", ["sentiment", "tagging"])
def test_two_replicas_learn_as_one(two_replicas, app):
    """The same batch for both together: the same loss and figures."""
    one, two = (two_replicas[f"{app}/{copies}"] for copies in (1, 2))
    assert one.keys() == two.keys()
    for name in one:
        assert two[name] == pytest.approx(one[name], rel=2e-3), name


def test_two_replicas_pretrain_as_one(two_replicas):
    """Their gradients are averaged: plain descent comes to the same weights."""
    assert two_replicas["pretraining"] < 1e-5


def test_gradients_are_clipped_to_the_norm_of_the_recipe(two_replicas):
    """For any number of replicas; a first step with Nesterov momentum goes 1.9 times as far."""
    for copies in (1, 2):
        farthest = 1.9 * RATE * CLIPNORM
        assert 0.9 * farthest < two_replicas[f"clipped/{copies}"] < 1.001 * farthest


def test_fixed_shapes(tmp_path, make_tagger):
    """As a TPU needs it: batches of one shape, one program, which XLA compiles."""
    recipe, shapes = read_recipe(RECIPE), set()
    run = open_run(recipe, tmp_path, verbose=0, fixed_shapes=True)

    def watch(task):
        encode = task.preprocessor.encode

        def watched(texts):
            inputs, lengths = encode(texts)
            shapes.add(tuple(inputs["token_ids"].shape))
            return inputs, lengths

        task.preprocessor.encode = watched

    task = learn(recipe, run, watch)
    assert {shape[1] for shape in shapes} == {32}
    assert not task.preprocessor.pad_to_length
    batches = run.batches(datasets.load("uci_sentiment_sample", "train"), 16)
    with fixed_shapes(task):
        task.compile(jit_compile=True)
        assert not any(getattr(each, "use_cudnn", False) for each in task._flatten_layers())
        task.fit(batches, verbose=0)
        assert task.jit_compile
    assert {spec.shape[0] for spec in batches.element_spec[1:]} == {16}
    with (
        pytest.raises(ValueError, match="must not be a TPU for a Tagger"),
        fixed_shapes(make_tagger()),
    ):
        pass
