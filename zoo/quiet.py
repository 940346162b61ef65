"""Loading TensorFlow without what it writes past Python to standard error."""

import contextlib
import importlib
import os
import sys

# Errors of its C++ reach Python as exceptions. Whoever wants its messages sets this to "0".
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def load(*modules):
    """Imports modules that load TensorFlow, without its greetings."""
    missing = [module for module in modules if module not in sys.modules]
    with silence() if missing else contextlib.nullcontext():
        for module in missing:
            importlib.import_module(module)


@contextlib.contextmanager
def silence():
    """Sends to nowhere what is written to the file of standard error, by whatever language."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
