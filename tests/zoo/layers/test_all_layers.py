"""Every exported layer passes the generic test; one without a row in `CASES` fails."""

import inspect
from functools import partial

import keras
import numpy as np
import pytest

import zoo.layers
from tests.layer_checks import LayerCase, checks_of

B, T, D, H = 3, 5, 4, 6


def array(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def sequence_case(make_layer):
    return LayerCase(make_layer, {"sequences": array(B, T, D)}, {"sequences": "mask"})


def bidirectional(make_layer, name=None, dtype=None, **options):
    return zoo.layers.Bidirectional(make_layer(H, dtype=dtype), name=name, dtype=dtype, **options)


def cell_case(make_layer, states):
    return LayerCase(
        make_layer,
        {"inputs": array(B, D), "states": [array(B, H, seed=n) for n in range(1, states + 1)]},
    )


def pooling_case(make_layer):
    return LayerCase(make_layer, {"inputs": array(B, T, D)}, {"inputs": "mask"})


def character_case(make_layer):
    words = [[[1, 6, 2, 0], [3, 4, 5, 2]], [[5, 0, 0, 0], [0, 0, 0, 0]]]
    return LayerCase(make_layer, {"inputs": np.array(words, "int32")})


def attention_case(make_layer, query=(B, 4, H), **options):
    inputs = {"query": array(*query, seed=1), "memory": array(B, T, D)}
    return LayerCase(make_layer, inputs, {"memory": "mask"}, **options)


def attention_cases(make_layer, **options):
    """For a query of several steps, and for one of a single step."""
    return [attention_case(make_layer, query, **options) for query in ((B, 4, H), (B, H))]


def decoder(make_cell, make_attention, name=None, dtype=None, **options):
    cell = make_cell(H, dtype=dtype, name="cell")
    attention = make_attention(dtype=dtype, name="attention")
    return zoo.layers.AttentionDecoder(cell, attention, name=name, dtype=dtype, **options)


def decoder_case(make_layer, *state_sizes, steps=4):
    inputs = {"inputs": array(B, steps, 3, seed=1), "memory": array(B, T, D)}
    states = [array(B, size, seed=n) for n, size in enumerate(state_sizes, 2)]
    return LayerCase(make_layer, {**inputs, "initial_state": states}, {"memory": "mask"})


# One or more cases for each exported class.
CASES = {
    "AdditiveAttention": attention_cases(partial(zoo.layers.AdditiveAttention, 5)),
    "AttentionDecoder": [
        decoder_case(
            partial(decoder, zoo.layers.GRUCell, partial(zoo.layers.AdditiveAttention, 5), units=7),
            *(H, 7),
        ),
        decoder_case(
            partial(
                decoder,
                zoo.layers.LSTMCell,
                partial(zoo.layers.MultiHeadAttention, 3, 5),
                input_feeding=False,
            ),
            *(H, H),
        ),
        decoder_case(  # of a single step, which has no loop
            partial(
                decoder,
                zoo.layers.LSTMCell,
                partial(zoo.layers.LocalAttention, 2, mode="monotonic"),
            ),
            *(H, H, H),
            steps=1,
        ),
    ],
    "AttentionPooling": [
        pooling_case(partial(zoo.layers.AttentionPooling, H)),
        pooling_case(partial(zoo.layers.AttentionPooling, H, return_weights=True)),
    ],
    "Bidirectional": [
        sequence_case(
            partial(bidirectional, partial(zoo.layers.GRU, return_sequences=True)),
        ),
        sequence_case(
            partial(bidirectional, partial(zoo.layers.LSTM, return_state=True), merge_mode=None),
        ),
    ],
    "CRF": [
        LayerCase(
            partial(zoo.layers.CRF, H),
            {"potentials": array(B, T, H)},
            {"potentials": "mask"},
            # Its outputs are integers: the gradients of its loss are in test_crf.
            skip=(
                "check_gradients",
                "check_training_step",
                "check_xla",
                "check_float64_gradient",
            ),
        )
    ],
    "CharCNN": [character_case(partial(zoo.layers.CharCNN, 7, 3, H))],
    "CharRNN": [character_case(partial(zoo.layers.CharRNN, 7, 3, H))],
    "EmbeddingGate": [
        LayerCase(
            partial(zoo.layers.EmbeddingGate, return_gate=return_gate),
            {"words": array(B, T, D), "characters": array(B, T, H, seed=1)},
        )
        for return_gate in (False, True)
    ],
    "EntityMemoryCell": [
        LayerCase(
            partial(zoo.layers.EntityMemoryCell, 3, H, use_bias=use_bias),
            {"inputs": array(B, H), "states": [array(B, 3 * H, seed=1)]},
        )
        for use_bias in (False, True)
    ],
    "GRU": [
        sequence_case(partial(zoo.layers.GRU, H, return_sequences=True)),
        sequence_case(partial(zoo.layers.GRU, H, reset_after=False, return_state=True)),
        sequence_case(partial(zoo.layers.GRU, H, "elu", "hard_silu", False, go_backwards=True)),
    ],
    "GRUCell": [
        cell_case(partial(zoo.layers.GRUCell, H), 1),
        cell_case(partial(zoo.layers.GRUCell, H, reset_after=False), 1),
    ],
    "HardAttention": [
        # In inference: the slope of a one-hot vector is 0, and "score_function" has no gradient.
        *attention_cases(partial(zoo.layers.HardAttention, 5), skip=("check_float64_gradient",)),
        attention_case(
            partial(zoo.layers.HardAttention, 5, estimator="score_function"),
            skip=(
                "check_gradients",
                "check_training_step",
                "check_xla",
                "check_float64_gradient",
            ),
        ),
    ],
    "LSTM": [
        sequence_case(
            partial(zoo.layers.LSTM, H, return_sequences=True, return_state=True),
        )
    ],
    "LSTMCell": [cell_case(partial(zoo.layers.LSTMCell, H), 2)],
    "LastPooling": [
        pooling_case(zoo.layers.LastPooling),
        pooling_case(partial(zoo.layers.LastPooling, bidirectional=True)),
    ],
    "LocalAttention": [
        *attention_cases(partial(zoo.layers.LocalAttention, 2)),
        attention_case(partial(zoo.layers.LocalAttention, 2, units=5, normalize=False)),
        attention_case(partial(zoo.layers.LocalAttention, 2, mode="monotonic")),
    ],
    "MaxPooling": [pooling_case(zoo.layers.MaxPooling)],
    "MeanPooling": [pooling_case(zoo.layers.MeanPooling)],
    "MemoryHop": [
        LayerCase(
            partial(zoo.layers.MemoryHop, "tanh", projection=projection),
            {"query": array(B, D, seed=1), "memory": array(B, T, D)},
            {"memory": "mask"},
        )
        for projection in (False, True)
    ],
    "MultiHeadAttention": [
        *attention_cases(partial(zoo.layers.MultiHeadAttention, 3, 5)),
        attention_case(partial(zoo.layers.MultiHeadAttention, 3, 5, combine="sum")),
        attention_case(partial(zoo.layers.MultiHeadAttention, 3, 5, add_and_norm=True)),
        attention_case(
            partial(zoo.layers.MultiHeadAttention, 3, 5, combine="sum", add_and_norm=True)
        ),
    ],
    "MultiplicativeEncoding": [
        LayerCase(
            partial(zoo.layers.MultiplicativeEncoding, 4),
            {"inputs": array(B, T, D)},
            {"inputs": "mask"},
        )
    ],
    "MultiplicativeAttention": [
        attention_case(partial(zoo.layers.MultiplicativeAttention, "dot"), (B, 4, D)),
        *attention_cases(partial(zoo.layers.MultiplicativeAttention, "general")),
        *attention_cases(partial(zoo.layers.MultiplicativeAttention, "concat")),
    ],
    "PeepholeLSTM": [sequence_case(partial(zoo.layers.PeepholeLSTM, H, return_state=True))],
    "PeepholeLSTMCell": [cell_case(partial(zoo.layers.PeepholeLSTMCell, H), 2)],
    "PositionEncoding": [
        LayerCase(
            zoo.layers.PositionEncoding,
            {"inputs": array(B, T, D)},
            {"inputs": "mask"},
            skip=("check_gradients", "check_training_step"),  # it has no weights
        )
    ],
    "SampledSoftmax": [
        LayerCase(
            partial(zoo.layers.SampledSoftmax, 20, samples=8, seed=1),
            {
                "inputs": array(B, D),
                "targets": np.array([3, 0, 19], "int32"),
                "embeddings": array(20, D, seed=1),
            },
            float32_outputs=True,
            # XLA draws other random numbers; the gradient by rows is in test_sampled_softmax.
            skip=("check_xla", "check_float64_gradient"),
        )
    ],
    "SimpleRNN": [sequence_case(partial(zoo.layers.SimpleRNN, H, return_sequences=True))],
    "SimpleRNNCell": [cell_case(partial(zoo.layers.SimpleRNNCell, H), 1)],
    "SlotPooling": [
        LayerCase(
            partial(zoo.layers.SlotPooling, 2, 4),
            {"inputs": array(B, T, D), "summary": array(B, 5, seed=1)},
            {"inputs": "mask"},
        )
    ],
    "TensorProductMemory": [
        LayerCase(
            partial(zoo.layers.TensorProductMemory, 2),
            {
                "entities": array(B, T, 2, D),
                "relations": array(B, T, 3, 4, seed=1),
                "gates": np.abs(array(B, T, 6, seed=2)) % 1,
                "starts": array(B, 3, D, seed=3),
                "steps": array(B, 3, 2, 4, seed=4),
            },
            dict.fromkeys(("entities", "relations", "gates"), "mask"),
        )
    ],
    "WordDropout": [
        LayerCase(
            partial(zoo.layers.WordDropout, 0.5),
            {"inputs": np.array([[3, 2, 0], [5, 0, 0]], "int32")},
            # Its outputs are integers, and it has no weights.
            skip=(
                "check_gradients",
                "check_training_step",
                "check_xla",
                "check_float64_gradient",
            ),
        )
    ],
}
ROWS = [
    pytest.param(check, case, id=f"{name}-{n}-{check.__name__}")
    for name in CASES
    for n, case in enumerate(CASES[name])
    for check in checks_of(case)
]


def test_each_exported_layer_has_a_case():
    exported = {
        name
        for name in zoo.layers.__all__
        if inspect.isclass(getattr(zoo.layers, name))
        and issubclass(getattr(zoo.layers, name), keras.layers.Layer)
    }
    assert set(CASES) == exported


@pytest.mark.parametrize(("check", "case"), ROWS)
def test_layer(check, case):
    check(case)
