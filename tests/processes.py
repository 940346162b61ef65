"""Other processes for the tests, as few as will do: an interpreter with TensorFlow takes seconds.

    forked(function, *args)          in a fork of one that has imported TensorFlow
    on_jax(function, *args)          in one with Keras on JAX, the same for all tests
    with started(function, ...) as process: ...     to be watched and killed

Functions have to stand in a module, and their arguments and results can be pickled.
"""

import concurrent.futures
import contextlib
import functools
import gc
import multiprocessing
import os
import sys
from multiprocessing.forkserver import _forkserver
from unittest import mock

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tensorflow", "tensorflow_text", "tensorflow_datasets"])


def spare():
    """Spares a process what graphs that run once or twice are not worth, with the same results.

    They are not optimised, the collector of garbage does not look through what is imported again
    and again, and an operation of a graph does not keep the line of each function on its way.
    """
    import tensorflow as tf
    from tensorflow.python.client import pywrap_tf_session  # they have no public place
    from tensorflow.python.util import tf_stack

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)
    tf_stack.extract_stack = pywrap_tf_session.TF_SetOpStackTrace = lambda *args, **kwargs: None


def forked(function, *args):
    """What a function returns in a process of its own, without this package being imported."""
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=FORKS) as pool:
        return pool.submit(function, *args).result()


def on_jax(function, *args):
    """What a function returns where Keras runs on JAX."""
    variables = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    variables["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # compiles faster
    with mock.patch.dict(os.environ, variables):
        return _jax_process().submit(function, *args).result()


@functools.cache
def _jax_process():
    spawn = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(1, mp_context=spawn)


@contextlib.contextmanager
def started(function, *args, output):
    """A process that runs a function, with what it prints in a file; it is killed at the end."""
    process = FORKS.Process(target=_run, args=(function, args, str(output), os.getcwd()))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def _run(function, args, output, folder):
    os.chdir(folder)
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    spare()
    function(*args)


def helpers():
    """Ids of the processes that stay for later tests."""
    jax_processes = (
        list(_jax_process()._processes or ()) if _jax_process.cache_info().currsize else []
    )
    return [process for process in (_forkserver._forkserver_pid, *jax_processes) if process]


def end_helpers():
    """Ends these, and waits for them, so that their CPU time counts as this process' own."""
    if _jax_process.cache_info().currsize:
        _jax_process().shutdown()
    _forkserver._stop()


def command(*arguments):
    """The command `seqzoo` with these arguments, for `started`."""
    from tuning import cli

    sys.argv = ["seqzoo", *map(str, arguments)]
    cli.main()
