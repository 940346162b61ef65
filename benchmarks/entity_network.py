"""Errors of entity networks, one trained for each of some bAbI tasks.

python -m benchmarks.entity_network --data-dir CORPORA [--tasks 1 2 15 16 19] [--seeds 1]

With `KERAS_BACKEND=jax` it takes less time than with TensorFlow.
"""

import argparse
import tempfile
import time

from apps.training import train
from benchmarks.timing import print_table

RECIPE = {
    "app": "question_answering",
    "network": {"kind": "entity_network", "units": 100, "slots": 20},
    "fit": {
        "epochs": 60,
        "batch_size": 32,
        "learning_rate": 0.01,
        "warmup_steps": 100,
        "clipnorm": 40 / 32,  # the paper's 40 is of the sum over a batch
        "patience": 20,
    },
}


def error(task, seed, epochs, data_dir):
    """Share of wrong answers on the validation part; and minutes of training."""
    recipe = {
        **RECIPE,
        "name": f"entity_network_qa{task}",
        "seed": seed,
        "data": {"name": f"babi_10k_qa{task}", "holdout": 500},
        "fit": {**RECIPE["fit"], **({"epochs": epochs} if epochs else {})},
    }
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        metrics = train(
            recipe, f"{folder}/preset", run_dir=f"{folder}/run", data_dir=data_dir, verbose=0
        )
    minutes = (time.perf_counter() - start) / 60
    return 1 - metrics["metrics"]["validation_accuracy"], minutes


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir")
    parser.add_argument("--tasks", type=int, nargs="+", default=[1, 2, 15, 16, 19])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--epochs", type=int)
    options = parser.parse_args()

    rows = []
    for task in options.tasks:
        found = [error(task, seed, options.epochs, options.data_dir) for seed in options.seeds]
        shares = ", ".join(f"{wrong:.1%}" for wrong, _ in found)
        minutes = sum(minutes for _, minutes in found)
        rows.append(
            (f"error on task {task}, seeds {options.seeds}", f"{shares}; {minutes:.0f} min")
        )
        print(*rows[-1], flush=True)
    print_table("EntityNetwork, a network for each task, bAbI 10k, validation part", rows)


if __name__ == "__main__":
    main()
