"""Keras' own tests of its recurrent layers pass with this package's in their place."""

import importlib.util
import types

import keras
import pytest

import zoo

SUITES = ("simple_rnn_test", "gru_test", "lstm_test", "bidirectional_test")
OURS = ("SimpleRNN", "GRU", "LSTM", "Bidirectional")
# They ask a private method of Keras' wrapper whether cuDNN would take Keras' own layers.
PRIVATE = ("test_fused_lstm_eligibility", "test_fused_gru_eligibility")


def suite(name):
    """A module of Keras' tests, new, whose `layers` has the layers of this package."""
    spec = importlib.util.find_spec(f"keras.src.layers.rnn.{name}")
    if spec is None:
        pytest.skip("this Keras comes without its tests", allow_module_level=True)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ours = {layer: getattr(zoo.layers, layer) for layer in OURS}
    module.layers = types.SimpleNamespace(**{**vars(keras.layers), **ours})
    return module


def collected():
    for name in SUITES:
        for case in vars(suite(name)).values():
            if isinstance(case, type) and case.__name__.endswith("Test"):
                for test in PRIVATE:
                    if hasattr(case, test):
                        delattr(case, test)
                yield f"Test_{name}", case


globals().update(collected())
pytestmark = pytest.mark.filterwarnings("ignore:`shuffle=True` was passed")  # theirs
