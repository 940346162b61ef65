"""Data-parallel training: several processes, each of which takes its rows of every batch.

Keras does it on JAX (`keras.distribution`). All processes read the same data in the same order and
go through the same stages, each in a folder of its own; that of process 0 is the run's.
"""

import atexit
import contextlib
import dataclasses
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile
import tempfile

import jax
import keras
import numpy as np
import tensorflow as tf

from apps.distributed.rendezvous import meet, parse_address
from apps.distributed.shared_run import SharedRun, distributed, of_first
from apps.recipes import Recipe, read_recipe
from apps.training.building import texts_of
from apps.training.from_recipe import open_run, train
from apps.training.stages import Clock, Run, fit, pretrain, training_data
from zoo import preset_files


@dataclasses.dataclass(frozen=True)
class Place:
    """The place of this process among those that train together.

    Attributes:
        processes: Number of processes.
        process_id: The id of this one, from 0.
        coordinator: Address of process 0, `"HOST:PORT"`, where the others find it.
        timeout: Seconds to wait for the others at the start.

    Raises:
        ValueError: If one is out of its range.
    """

    processes: int
    process_id: int
    coordinator: str
    timeout: float = 300.0

    def __post_init__(self):
        if self.processes < 1:
            raise ValueError(f"`processes` must be 1 or more, got {self.processes}.")
        if not 0 <= self.process_id < self.processes:
            raise ValueError(
                f"`process_id` must be from 0 to {self.processes - 1} with {self.processes} "
                f"processes, got {self.process_id}."
            )
        parse_address(self.coordinator)


def train_together(recipe, place, preset_dir=None, *, run_dir=None, data_dir=None, verbose="auto"):
    """Trains a preset by several processes, in each of which this is called.

    Process 0 keeps the run and makes the preset, as `apps.training.train` does, which says how a
    run goes on after a kill. The others work in a folder that is gone at the end.

    Args:
        recipe: As in `train`; the same in all processes.
        place: The `Place` of this process.
        preset_dir: As in `train`; of process 0.
        run_dir: As in `train`; of process 0.
        data_dir: As in `train`.
        verbose: As in `train`.

    Returns:
        The figures of `train` in process 0, `None` in the others.

    Raises:
        RuntimeError: If Keras runs on another backend than JAX.
        TimeoutError: If the other processes do not come.
        ValueError: If the recipe is wrong, or the processes do not agree.
    """
    recipe = recipe if isinstance(recipe, Recipe) else read_recipe(recipe)
    if keras.backend.backend() != "jax":
        raise RuntimeError(
            "KERAS_BACKEND must be 'jax' for a training by several processes, got "
            f"{keras.backend.backend()!r}."
        )
    run_dir = pathlib.Path(run_dir or f"runs/{recipe.name}")
    if place.process_id:
        verbose = 0
    else:
        preset_files.check_target(pathlib.Path(preset_dir or f"saved_models/{recipe.name}"))
        open_run(recipe, run_dir)
    with _connected(place, recipe), tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch) if place.process_id else run_dir
        _train_stages(recipe, folder, data_dir, verbose, place)
    if place.process_id:
        return None
    return train(recipe, preset_dir, run_dir=run_dir, data_dir=data_dir, verbose=verbose)


def _train_stages(recipe, folder, data_dir, verbose, place):
    if place.process_id == 0:
        _prepare(recipe, folder, data_dir)
    _share_folder(folder, place)
    keras.utils.set_random_seed(recipe.seed)
    twin = recipe.build(folder, data_dir)
    distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
    run = SharedRun(folder, data_dir, verbose, Clock(folder), distribution=distribution, twin=twin)
    _check_batches(recipe, run.devices)
    with distributed(distribution):
        keras.utils.set_random_seed(recipe.seed)
        task = recipe.build(folder, data_dir)
        if recipe.pretraining:
            pretrain(recipe, task, run)
        fit(recipe, task, run)


def _prepare(recipe, folder, data_dir):
    """Learns the vocabulary, and reads the corpora, which TensorFlow Datasets cannot twice at once.

    All that is random comes later: how much of it they use depends on what lay there.
    """
    recipe.build(folder, data_dir)
    training_data(recipe, Run(folder, data_dir, 0, Clock(folder)))
    if recipe.pretraining:
        texts_of([recipe.part(name) for name in recipe.pretraining.splits], data_dir)


def _check_batches(recipe, devices):
    size = recipe.pretraining.batch_size if recipe.pretraining else devices
    if size % devices:
        raise ValueError(
            f"`pretraining.batch_size` must be a multiple of {devices}, the number of devices of "
            f"all processes, got {size}: its loss knows no rows that do not count."
        )


@contextlib.contextmanager
def _connected(place, recipe):
    """Connects this process with the others by JAX, for a while."""
    recipe = json.dumps(recipe.model_dump(mode="json"), sort_keys=True)
    ticket = {
        "processes": place.processes,
        "recipe": hashlib.sha256(recipe.encode()).hexdigest()[:16],
        "keras": keras.__version__,
        "jax": jax.__version__,
    }
    meet(place.coordinator, place.process_id, ticket, place.timeout)
    tf.config.set_visible_devices([], "GPU")  # it would take the memory that JAX needs
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(
        place.coordinator,
        place.processes,
        place.process_id,
        coordinator_bind_address=place.coordinator,
        cluster_detection_method="deactivate",
    )
    try:
        yield
    except BaseException as error:
        # JAX would wait at the exit for the others, which wait for this process.
        atexit.register(_exit_at_once)
        if "Gloo" in str(error):
            raise ConnectionError(
                f"Another process of this training has ended, or cannot be reached: {error}"
            ) from error
        raise
    jax.distributed.shutdown()


def _exit_at_once():
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(2)


def _share_folder(folder, place):
    """Gives all processes what the folder of process 0 has, but for its logs."""
    file = io.BytesIO()
    if place.process_id == 0:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for path in sorted(folder.iterdir()):
                if path.name != "logs":
                    archive.add(path, path.name)
    size = int(of_first(np.array(file.tell(), np.int32)))
    content = of_first(np.frombuffer(file.getvalue().ljust(size, b"\0"), np.uint8))
    if place.process_id:
        with tarfile.open(fileobj=io.BytesIO(content.tobytes())) as archive:
            archive.extractall(folder, filter="data")
