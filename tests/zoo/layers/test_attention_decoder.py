"""AttentionDecoder, against its equations in NumPy; one step at a time; dropout; draws."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.layer_checks import randomize_weights
from tests.zoo.layers.attention.attention_table import named_weights, softmax
from tests.zoo.layers.equations import gru_step, lstm_step
from zoo import layers

B, T, S, E, D, H, A, U = 3, 6, 5, 4, 6, 7, 2, 3  # one size each, so that none passes for another
RNG = np.random.default_rng(0)
X = RNG.normal(size=(B, T, E)).astype("float32")
MEMORY = RNG.normal(size=(B, S, D)).astype("float32")
MASK = np.arange(S) < np.array([[S], [3], [1]])
CELLS = {
    "GRU": (layers.GRUCell, gru_step),
    "LSTM": (layers.LSTMCell, lstm_step),
}
FED = pytest.mark.parametrize("fed", [True, False], ids=["fed", "plain"])


def weighted(scores, places, memory):
    weights = np.nan_to_num(softmax(scores, places))
    return np.einsum("bs,bsd->bd", weights, memory), weights


def additive_scores(s, memory, query_kernel, memory_kernel, vector):
    return np.tanh((s @ query_kernel)[:, None] + memory @ memory_kernel) @ np.ravel(vector)


def additive(s, memory, mask, t, **found):
    return weighted(additive_scores(s, memory, **found), mask, memory)


def hard(s, memory, mask, t, **found):
    weights = np.eye(S)[np.where(mask, additive_scores(s, memory, **found), -np.inf).argmax(1)]
    return np.einsum("bs,bsd->bd", weights, memory), weights


def general(s, memory, mask, t, memory_kernel):
    return weighted(np.einsum("bh,dh,bsd->bs", s, memory_kernel, memory), mask, memory)


def monotonic(s, memory, mask, t, memory_kernel):
    return general(s, memory, mask & (np.abs(np.arange(S) - t) <= 2), t, memory_kernel)


def heads(s, memory, mask, t, query_kernel, memory_kernel, vectors, output_kernel, **norm):
    kernels = [np.split(kernel, 2, -1) for kernel in (query_kernel, memory_kernel)]
    each = zip(*kernels, vectors)
    each = [additive(s, memory, mask, t, **dict(zip(KEYS, found))) for found in each]
    contexts, weights = zip(*each)
    context = np.concatenate(contexts, -1) @ output_kernel
    if norm:
        added = s + context
        centred = added - added.mean(-1, keepdims=True)
        normed = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-6)
        context = norm["gamma"] * normed + norm["beta"]
    return context, np.stack(weights, 1)


KEYS = ("query_kernel", "memory_kernel", "vector")
ATTENTIONS = {
    "additive": (partial(layers.AdditiveAttention, A), additive),
    "general": (layers.MultiplicativeAttention, general),
    "monotonic": (partial(layers.LocalAttention, 2, mode="monotonic"), monotonic),
    "hard": (partial(layers.HardAttention, A, seed=1), hard),
    "heads": (partial(layers.MultiHeadAttention, 2, A), heads),
    "heads, normalised": (partial(layers.MultiHeadAttention, 2, A, add_and_norm=True), heads),
}
EVERY = pytest.mark.parametrize("attention", ATTENTIONS)


def make(cell="GRU", attention="additive", fed=True, units=U, **options):
    """A decoder with random weights and biases."""
    parts = CELLS[cell][0](H, **options), ATTENTIONS[attention][0]()
    decoder = layers.AttentionDecoder(*parts, units, input_feeding=fed)
    decoder.build((None, None, E), (None, None, D))
    randomize_weights(decoder)
    return decoder


def states_of(decoder, seed=2):
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(B, size)).astype("float32") for size in decoder.state_size]


def equations(decoder, cell, attention, states, step=0, m_x=1.0, m_h=1.0):
    """The docstring's lines, one step after the other."""
    cell_weights, found = decoder.cell.get_weights(), named_weights(decoder.attention)
    outputs, all_weights = [], []
    y = states[-1]
    states = states[:-1] if decoder.input_feeding else states
    for t in range(T):
        x = np.concatenate([X[:, t], y], -1) if decoder.input_feeding else X[:, t]
        states = CELLS[cell][1](m_x * x, states, cell_weights, m_h)
        context, weights = ATTENTIONS[attention][1](states[0], MEMORY, MASK, step + t, **found)
        joined = np.concatenate([context, states[0]], -1)
        y = np.tanh(joined @ decoder.kernel.numpy() + decoder.bias.numpy())
        outputs.append(y)
        all_weights.append(weights)
    last = [*states, y] if decoder.input_feeding else states
    return np.stack(outputs, 1), np.stack(all_weights, 1), last


def check(answer, expected, tolerance=1e-5):
    answer, expected = keras.tree.flatten(list(answer)), keras.tree.flatten(list(expected))
    assert len(answer) == len(expected)
    for found, wanted in zip(answer, expected):
        np.testing.assert_allclose(found, wanted, tolerance, tolerance)


@FED
@EVERY
@pytest.mark.parametrize("cell", CELLS)
def test_equations(cell, attention, fed):
    decoder = make(cell, attention, fed)
    assert np.all(decoder.cell.bias.numpy() != 0)
    states = states_of(decoder)
    expected = equations(decoder, cell, attention, states, step=1)
    check(decoder(X, MEMORY, states, mask=MASK, step=1), expected)


@FED
@EVERY
def test_one_step_at_a_time(attention, fed):
    """In a compiled graph, with keys that are computed once and steps counted by a tensor."""
    decoder = make("LSTM", attention, fed)
    keys = decoder.project(MEMORY)

    @tf.function
    def next_step(x, states, step):
        return decoder(x, MEMORY, states, mask=MASK, keys=keys, step=step)

    states, found = states_of(decoder), []
    expected = decoder(X, MEMORY, states, mask=MASK, step=1)
    for t in range(T):
        outputs, weights, states = next_step(X[:, t : t + 1], states, tf.constant(1 + t))
        found.append((outputs, weights))
    outputs, weights = (np.concatenate(each, axis=1) for each in zip(*found))
    check((outputs, weights, states), expected)


@FED
def test_the_keys_are_what_is_used(fed):
    decoder = make(fed=fed)
    expected = decoder(X, MEMORY)
    check(decoder(X, MEMORY, keys=decoder.project(MEMORY)), expected, 0)
    weights = decoder(X, MEMORY, keys=np.zeros((B, S, A), "float32"))[1]
    np.testing.assert_allclose(weights, np.full((B, T, S), 1 / S), 1e-6)


@FED
def test_states_are_zeros_by_default(fed):
    decoder = make("LSTM", fed=fed)
    zeros = [np.zeros_like(state) for state in states_of(decoder)]
    for states in (None, [], zeros, *([zeros[:2]] if fed else [])):
        check(decoder(X, MEMORY, states), decoder(X, MEMORY, zeros), 0)
    if fed:  # without `y_0`, the others count
        *given, _ = states_of(decoder)
        check(decoder(X, MEMORY, given), decoder(X, MEMORY, [*given, zeros[2]]), 0)
    assert decoder.state_size == ([H, H, U] if fed else [H, H])


@FED
def test_outputs_have_the_size_of_the_state_by_default(fed):
    decoder = make(fed=fed, units=None)
    outputs, _, states = decoder(X, MEMORY)
    assert outputs.shape == (B, T, H)
    assert [state.shape for state in states] == [(B, H)] * (2 if fed else 1)
    assert decoder.get_config()["units"] is None


def test_no_mask_is_passed_on_or_taken_for_that_of_the_memory():
    embedding = keras.layers.Embedding(9, E, mask_zero=True)
    embedded = embedding(np.array([[3, 1, 2, 4, 0]] * B))
    decoder = make()
    answer = decoder(embedded, MEMORY)
    check(answer, decoder(keras.ops.convert_to_numpy(embedded), MEMORY), 0)
    for output in keras.tree.flatten(answer):
        assert keras.src.backend.get_keras_mask(output) is None


def dropout_masks_of(decoder, monkeypatch):
    """A list to which each pair of masks goes that the cell gives."""
    seen, original = [], decoder.cell.dropout_masks

    def spy(*args):
        seen.append(original(*args))
        return seen[-1]

    monkeypatch.setattr(decoder.cell, "dropout_masks", spy)
    return seen


@FED
@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.4), (0.5, 0.4)])
def test_dropout_has_one_mask_for_all_steps(fed, rates, monkeypatch):
    decoder = make("LSTM", fed=fed, dropout=rates[0], recurrent_dropout=rates[1], seed=1)
    states = states_of(decoder)
    plain = decoder(X, MEMORY, states, mask=MASK)
    check(plain, equations(decoder, "LSTM", "additive", states))
    check(decoder(X, MEMORY, states, mask=MASK, training=False), plain, 0)
    seen = dropout_masks_of(decoder, monkeypatch)
    answers = [decoder(X, MEMORY, states, mask=MASK, training=True) for _ in range(2)]
    assert len(seen) == 2
    for answer, masks in zip(answers, seen):
        for mask, rate in zip(masks, rates):
            assert (mask is None) == (rate == 0)
            if rate:
                assert set(np.unique(mask)) == {0, np.float32(1 / (1 - rate))}
        m_x, m_h = (1.0 if mask is None else np.array(mask) for mask in masks)
        check(answer, equations(decoder, "LSTM", "additive", states, m_x=m_x, m_h=m_h))
    assert not np.allclose(answers[0][0], plain[0])
    assert not np.allclose(answers[0][0], answers[1][0])


@FED
def test_dropout_in_a_graph_of_free_length(fed):
    decoder = make(fed=fed, dropout=0.5, recurrent_dropout=0.5, seed=1)
    free = [tf.TensorSpec([None, None, size]) for size in (E, D)]

    @tf.function(input_signature=free)
    def run(x, memory):
        with tf.GradientTape() as tape:
            outputs = decoder(x, memory, training=True)[0]
            loss = tf.reduce_sum(outputs**2)
        return outputs, tape.gradient(loss, decoder.cell.kernel.value)

    first, second = (run(X, MEMORY) for _ in range(2))
    assert not np.allclose(first[0], second[0])
    assert np.all(np.isfinite(first[1]))
    assert np.any(first[1])
    assert run(X[:2, :1], MEMORY[:2, :3])[0].shape == (2, 1, U)


@FED
def test_a_single_step_draws_its_own_dropout(fed):
    """Of whatever batch size, in graphs and out of them: no mask stays behind."""
    decoder = make("LSTM", fed=fed, dropout=0.5, recurrent_dropout=0.5, seed=1)

    def run(x, memory):
        return decoder(x, memory, training=True)[0]

    calls = [run, tf.function(run), run, tf.function(run, jit_compile=True), run]
    answers = [np.array(call(X[:2, :1], MEMORY[:2])) for call in calls]
    assert run(X[:, :1], MEMORY).shape == (B, 1, U)
    assert len({answer.tobytes() for answer in answers}) == len(answers)


@FED
@pytest.mark.parametrize("cell", ["GRU", "LSTM"])
def test_gradients_reach_inputs_memory_and_first_states(cell, fed):
    decoder = make(cell, "heads", fed)
    points = [tf.constant(each) for each in (X, MEMORY, *states_of(decoder))]
    with tf.GradientTape() as tape:
        tape.watch(points)
        outputs, _, _ = decoder(*points[:2], points[2:], mask=MASK)
        loss = tf.reduce_sum(outputs[:, -1] ** 2)
    of_inputs, of_memory, *of_states = tape.gradient(loss, points)
    for gradient in (of_inputs, *of_states):
        assert np.all(np.isfinite(gradient))
        assert np.all(np.abs(gradient).max(-1) > 1e-8)  # for each row, and for each step
    assert np.all(np.isfinite(of_memory))
    np.testing.assert_array_equal(np.any(of_memory, axis=-1), MASK)


@FED
@pytest.mark.parametrize("jit_compile", [None, False, True], ids=["eager", "graph", "XLA"])
def test_hard_attention_draws_in_training(fed, jit_compile):
    """Each step by itself: with equal scores all places come up equally often."""
    decoder = make(attention="hard", fed=fed)
    decoder.attention.vector.assign(np.zeros((A, 1)))
    copies, steps = 200, 10
    x, memory = np.zeros((copies, steps, E), "float32"), np.ones((copies, S, D), "float32")

    def run():
        return decoder(x, memory, training=True)[1]

    call = run if jit_compile is None else tf.function(run, jit_compile=jit_compile)
    drawn = [np.array(call()) for _ in range(2)]
    for weights in drawn:
        assert set(np.unique(weights)) == {0, 1}
        assert np.all(weights.sum(-1) == 1)
        assert np.all(np.abs(weights.mean(0) - 1 / S) < 0.15)  # 5 deviations
    same = np.mean(drawn[0].argmax(-1)[:, 1:] == drawn[0].argmax(-1)[:, :-1])
    assert abs(same - 1 / S) < 0.05
    assert abs(np.mean(drawn[0].argmax(-1) == drawn[1].argmax(-1)) - 1 / S) < 0.05


@FED
def test_hard_attention_takes_the_likeliest_in_inference(fed):
    decoder = make(attention="hard", fed=fed)
    states = states_of(decoder)
    expected = equations(decoder, "GRU", "hard", states)
    for _ in range(2):
        check(decoder(X, MEMORY, states, mask=MASK), expected)


@FED
def test_the_config_has_the_cell_and_the_attention(fed):
    cell = layers.GRUCell(H, reset_after=False, recurrent_dropout=0.2, seed=1, name="c")
    attention = layers.LocalAttention(2, mode="monotonic", name="a")
    decoder = layers.AttentionDecoder(cell, attention, U, input_feeding=fed)
    config = decoder.get_config()
    again = layers.AttentionDecoder.from_config(config)
    assert config["cell"]["config"] == cell.get_config() == again.cell.get_config()
    assert config["attention"]["config"] == attention.get_config() == again.attention.get_config()
    assert (again.units, again.input_feeding) == (U, fed)
    assert again.get_config() == config
    expected = decoder(X, MEMORY)
    for copy in (again, layers.AttentionDecoder.from_config(decoder.get_config())):  # now built
        copy(X, MEMORY)
        assert [w.name for w in copy.weights] == [w.name for w in decoder.weights]
        copy.set_weights(decoder.get_weights())
        check(copy(X, MEMORY), expected, 0)


@pytest.mark.parametrize("name", ["cell", "attention"])
@pytest.mark.parametrize("wrong", [keras.layers.GRUCell, keras.layers.Attention, "gru", None])
def test_kinds_are_checked(name, wrong):
    wrong = wrong(2) if isinstance(wrong, type) else wrong
    parts = {"cell": layers.GRUCell(2), "attention": layers.AdditiveAttention(2), name: wrong}
    kind = {"cell": "RecurrentCell", "attention": "Attention"}[name]
    message = f"`{name}` must be a {kind} of zoo.layers, got {type(wrong).__name__}"
    with pytest.raises(TypeError, match=message):
        layers.AttentionDecoder(**parts)


@pytest.mark.parametrize("units", [0, -1, 2.0, True])
def test_units_are_checked(units):
    with pytest.raises(ValueError, match="`units` must be a positive integer"):
        make(units=units)


@FED
@pytest.mark.parametrize("count", [1, 4])
def test_the_number_of_states_is_checked(count, fed):
    decoder = make("LSTM", fed=fed)
    states = [np.ones((B, H), "float32")] * count
    message = f"`initial_state` must be a list of {3 if fed else 2} tensors, got {count}"
    with pytest.raises(ValueError, match=message):
        decoder(X, MEMORY, states)


@FED
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("inputs", (B, T, E + 1)),
        ("inputs", (B, E)),
        ("memory", (B, S, D + 1)),
        ("memory", (B, D)),
        ("mask", (B, S + 1)),
        ("keys", (B, S, A + 1)),
        ("initial_state", (B, H + 1)),
        ("initial_state", (B + 1, H)),
        ("initial_state", (B, 1, H)),
    ],
)
def test_shapes_are_checked(name, shape, fed):
    wrong = np.ones(shape, "float32")
    wrong = [wrong] if name == "initial_state" else wrong
    with pytest.raises(ValueError, match=rf"`{name}` must have the shape .*, got \({shape[0]}, "):
        make(fed=fed)(**{"inputs": X, "memory": MEMORY, name: wrong})
