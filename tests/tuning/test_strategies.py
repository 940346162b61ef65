"""Strategies: names, errors in words, two replicas for real, fixed shapes for a TPU."""

import json
import socket
import subprocess
import sys

import pytest
import tensorflow as tf

from apps import datasets
from apps.fixed_shapes import fixed_shapes
from apps.recipes import read_recipe
from apps.training import learn, open_run
from tuning import make_strategy

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


TWO = """
import json, sys
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras
from apps.training import learn, open_run
from tuning import make_strategy
from apps.recipes import read_recipe
from apps import datasets
recipe, folder, copies = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
if recipe["app"] == "tagging":
    words = tf.constant([["Ada", "met", "Bob"], ["in", "Paris", "!"]] * 32)
    tags = tf.constant([["B-PER", "O", "B-PER"], ["O", "B-LOC", "O"]] * 32)
    examples = tf.data.Dataset.from_tensor_slices((words, tags))
    datasets.register("mine", "tagging", train=examples, validation=examples)
strategy = make_strategy("mirrored" if copies == 2 else "cpu")
assert strategy.num_replicas_in_sync == copies
recipe["fit"]["batch_size"] //= copies
recipe = read_recipe(recipe)
run = open_run(recipe, folder, verbose=0, strategy=strategy)
task = learn(recipe, run)
print(json.dumps(open(f"{folder}/fit.csv").read()))
"""


TAGGING = {
    **{name: RECIPE[name] for name in ("name", "seed", "head", "fit")},
    "app": "tagging",
    "data": {"name": "mine", "holdout": 16},
    "network": {"embedding_dim": 8, "units": 8, "char_units": 8},
}


@pytest.mark.parametrize("recipe", [RECIPE, TAGGING], ids=["sentiment", "tagging"])
def test_two_replicas_learn_as_one(recipe, tmp_path):
    """The same global batch on two logical CPU devices and on one: the same loss and figures."""
    logs = {}
    for copies in (1, 2):
        command = [sys.executable, "-c", TWO, json.dumps(recipe), tmp_path / str(copies), copies]
        output = subprocess.run(
            [str(part) for part in command], check=True, capture_output=True, text=True
        ).stdout
        header, *rows = json.loads(output.splitlines()[-1]).splitlines()
        logs[copies] = dict(zip(header.split(","), map(float, rows[-1].split(","))))
    assert logs[1].keys() == logs[2].keys()
    for name in logs[1]:
        assert logs[2][name] == pytest.approx(logs[1][name], rel=2e-3), name


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
