"""Trainings on one and on two logical CPU devices, with the same batch for all replicas together.

python -m tests.tuning.two_replicas FOLDER    # prints what `test_strategies` compares, as JSON
"""

import csv
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

RECIPES = {
    "sentiment": {
        "name": "tiny",
        "app": "sentiment",
        "seed": 3,
        "data": {"name": "uci_sentiment_sample", "holdout": 96},
        "network": {"embedding_dim": 4, "units": 4},
        "head": {"dropout": 0.0},
        "preprocessor": {"sequence_length": 16},
        "fit": {"epochs": 1, "batch_size": 64, "clipnorm": 1e3},
    },
    "tagging": {
        "name": "tiny",
        "app": "tagging",
        "seed": 3,
        "data": {"name": "mine", "holdout": 16},
        "network": {"embedding_dim": 4, "units": 4, "char_units": 4},
        "head": {"dropout": 0.0},
        "fit": {"epochs": 1, "batch_size": 16, "clipnorm": 1e3},
    },
}
CLIPNORM, RATE = 0.01, 0.1


def logs(recipe, folder, strategy):
    """The last row of the log of a training."""
    from apps.training.from_recipe import learn, open_run

    learn(recipe, open_run(recipe, folder, verbose=0, strategy=strategy))
    with (pathlib.Path(folder) / "fit.csv").open() as file:
        *_, last = csv.DictReader(file)
    return {name: float(value) for name, value in last.items()}


def pretrained(strategy, copies):
    """The weights of a language model after an epoch, side by side."""
    from apps.training.pretraining import BidirectionalLanguageModel
    from zoo.backbones import RecurrentEncoder

    keras.utils.set_random_seed(1)
    words = {"token_ids": np.random.default_rng(0).integers(2, 9, (16, 5)).astype("int32")}
    with strategy.scope():
        encoder = RecurrentEncoder(9, 4, 3)
        model = BidirectionalLanguageModel(encoder, samples=4, dropout=0.0)
        model.sampled_softmax.sample = lambda: keras.ops.arange(4)
        model(words)
        model.compile(keras.optimizers.SGD(1.0))
        model.fit(tf.data.Dataset.from_tensor_slices(words).batch(8), verbose=0)
    return side_by_side(model.trainable_variables)


def clipped_step(strategy, replicas):
    """How far one step of a recipe's optimizer goes with a gradient that is clipped."""
    from apps import SentimentClassifier
    from apps.recipes.sections import FitRecipe
    from apps.training import stages
    from zoo.backbones import RecurrentEncoder

    section = FitRecipe(
        optimizer="sgd", learning_rate=RATE, warmup_steps=0, clipnorm=CLIPNORM, schedule="constant"
    )
    keras.utils.set_random_seed(1)
    # Each word once: the rows of an embedding's gradient are clipped before they are summed.
    inputs = {"token_ids": np.arange(2, 26).reshape(8, 3), "padding_mask": np.ones((8, 3), bool)}
    with strategy.scope():
        classifier = SentimentClassifier(RecurrentEncoder(26, 4, 3), dropout=0.0)
        classifier.compile(stages._optimizer(section, 9, replicas))
        before = side_by_side(classifier.trainable_variables)
        data = tf.data.Dataset.from_tensor_slices((inputs, np.ones(8, int))).batch(8)
        classifier.fit(data, verbose=0)
    return float(np.linalg.norm(side_by_side(classifier.trainable_variables) - before))


def side_by_side(weights):
    return np.concatenate([np.ravel(weight.numpy()) for weight in weights])


def main(folder):
    (cpu,) = tf.config.list_physical_devices("CPU")
    devices = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, devices)
    from apps import datasets
    from apps.recipes import read_recipe
    from tuning import make_strategy

    words = tf.constant([["Ada", "met", "Bob"], ["in", "Paris", "!"]] * 24)
    tags = tf.constant([["B-PER", "O", "B-PER"], ["O", "B-LOC", "O"]] * 24)
    examples = tf.data.Dataset.from_tensor_slices((words, tags))
    datasets.register("mine", "tagging", train=examples, validation=examples)
    found, weights = {}, {}
    for copies, name in {1: "cpu", 2: "mirrored"}.items():
        strategy = make_strategy(name)
        assert strategy.num_replicas_in_sync == copies
        for app, recipe in RECIPES.items():
            fit = {**recipe["fit"], "batch_size": recipe["fit"]["batch_size"] // copies}
            own = read_recipe({**recipe, "fit": fit})
            found[f"{app}/{copies}"] = logs(own, f"{folder}/{app}-{copies}", strategy)
        weights[copies] = pretrained(strategy, copies)
        found[f"clipped/{copies}"] = clipped_step(strategy, copies)
    found["pretraining"] = float(np.max(np.abs(weights[1] - weights[2])))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
