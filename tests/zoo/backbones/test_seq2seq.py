"""Seq2Seq: its equations, padding, causality, one token at a time, ties, files, training."""

import functools
import inspect
import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.layer_checks import assert_close, dense, randomize_weights
from tests.zoo.layers.equations import gru_step
from zoo.backbones import RecurrentEncoder, Seq2Seq
from zoo.backbones._decoder import ATTENTIONS, CONDITIONINGS
from zoo.backbones.recurrent_encoder import CELLS

B, S, T, V, E, H, K = 2, 5, 4, 11, 3, 6, 2  # H' = 3, so that H = 2H' for the attention "dot"
LENGTHS = np.array([5, 3])
TIES = {"none": 3, "target": 2, "all": 1}  # and the number of embedding matrices
RATES = ("word_dropout", "embedding_dropout", "dropout", "recurrent_dropout")

EACH = [{"conditioning": name} for name in CONDITIONINGS]
CELL_ROWS = [{**row, "cell": cell} for row in EACH for cell in ("gru", "lstm")]
ATTENTION_ROWS = [{"attention": name} for name in ATTENTIONS if name != "additive"]  # by default
DEEP_ROWS = [
    {"cell": "lstm", "decoder_depth": 3, "encoder_depth": 2},
    {"cell": "lstm", "decoder_depth": 2, "conditioning": "every_step"},
    {"decoder_depth": 2, "conditioning": "last_state"},
    {"cell": "lstm", "encoder_bidirectional": False, "encoder_units": H},
    {"input_feeding": False, "attention": "local_monotonic"},
    {"input_feeding": False, "decoder_depth": 2, "attention": "multi_head"},
]


def rows(options):
    return pytest.mark.parametrize(
        "options", options, ids=lambda row: "-".join(map(str, row.values()))
    )


EACH_NETWORK = [*CELL_ROWS, *ATTENTION_ROWS, *DEEP_ROWS]
EVERY = rows(EACH_NETWORK)


def make(**options):
    """A small network with random weights, biases too."""
    sizes = {"units": H, "encoder_units": H // 2, "attention_heads": K, "attention_window": 1}
    network = Seq2Seq(V, E, **{**sizes, **options})
    randomize_weights(network)
    return network


@functools.cache
def made(items):
    return make(**dict(items))


DEFAULTS = {name: each.default for name, each in inspect.signature(Seq2Seq).parameters.items()}


def shared(options):
    """The network of a row, for tests that do not change it; rows may name the same one."""
    items = sorted(options.items())
    return made(tuple((name, value) for name, value in items if value != DEFAULTS[name]))


@functools.cache
def answer(network):
    """What a network that does not change gives for `inputs()`."""
    return run(network, inputs())


@pytest.fixture(autouse=True, scope="module")
def no_network_stays():
    yield
    for function in (made, answer):
        function.cache_clear()


def inputs():
    source, target = np.random.default_rng(0).integers(1, V, (2, B, S))
    return {
        "source_ids": source,  # with garbage as padding
        "source_mask": np.arange(S) < LENGTHS[:, None],
        "target_ids": target[:, :T],
    }


def run(network, given, **options):
    return {name: np.array(each) for name, each in network(given, **options).items()}


def logits(network, given, **options):
    return network.token_embedding(network(given, **options)["sequence_output"], reverse=True)


def attends(options):
    return options.get("conditioning", "attention") == "attention"


@rows(
    [
        *({"conditioning": name, "cell": cell} for name in CONDITIONINGS[:2] for cell in CELLS),
        *({"cell": cell, "attention": name} for cell, name in itertools.product(CELLS, ATTENTIONS)),
    ]
)
def test_shapes(options):
    network = shared(options)
    outputs = answer(network)
    heads = (K,) if options.get("attention") == "multi_head" else ()
    expected = {"sequence_output": (T, E), "logits": (T, V)}
    if attends(options):
        expected["attention"] = (T, *heads, S)
    assert {name: each.shape[1:] for name, each in outputs.items()} == expected
    free = {"sequence_output": (None, E), "logits": (None, V), "attention": (None, *heads, None)}
    for name, output in network.output.items():
        assert output.shape == (None, *free[name])
    if attends(options):
        assert np.all(outputs["attention"][1, ..., LENGTHS[1] :] == 0)
    logits = network.token_embedding(outputs["sequence_output"], reverse=True)
    np.testing.assert_allclose(logits, outputs["logits"], 1e-5, 1e-6)


def layer_of(dense_layer, x):
    kernel, bias = dense_layer.get_weights()
    return np.tanh(x @ kernel + bias)


@rows([{**row, "decoder_depth": depth} for row in EACH for depth in (1, 2)])
def test_equations(options):
    """Those of what comes after the encoder, with `AttentionDecoder` as a layer."""
    network, given = shared(options), inputs()
    decoder, bridge = network.decoder, network.bridge
    source = {"token_ids": given["source_ids"], "padding_mask": given["source_mask"]}
    h = np.array(network.encoder(source)["sequence_output"])  # (B, S, 2H')
    v = np.concatenate([h[np.arange(B), LENGTHS - 1, : H // 2], h[:, 0, H // 2 :]], -1)
    states = [layer_of(each, v) for each in bridge.denses]
    assert len(states) == options["decoder_depth"]
    x = decoder.token_embedding.get_weights()[0][given["target_ids"]]  # (B, T, E)
    if bridge.context is not None:
        c = layer_of(bridge.context, v)
        x = np.concatenate([x, np.repeat(c[:, None], T, 1)], -1)
    if attends(options):
        x = np.array(decoder.attention_decoder(x, h, states[-1:], mask=given["source_mask"])[0])
    below = x
    for layer, state in zip(decoder.recurrent_layers, states):
        outputs = []
        for t in range(T):
            (state,) = gru_step(x[:, t], [state], layer.get_weights())
            outputs.append(state)
        x = np.stack(outputs, 1)
    o = x
    if not attends(options) or options["decoder_depth"] > 1:
        o = layer_of(decoder.readout, np.concatenate([x, below], -1))
    np.testing.assert_allclose(answer(network)["sequence_output"], o, 1e-4, 1e-5)


@EVERY
def test_padding_of_the_source_changes_nothing(options):
    network, given = shared(options), inputs()
    together, length = answer(network), LENGTHS[1]
    alone = {name: each[1:] for name, each in given.items()}
    for name in ("source_ids", "source_mask"):
        alone[name] = alone[name][:, :length]
    for name, each in run(network, alone).items():
        row = together[name][1:]
        row = row[..., :length] if name == "attention" else row
        np.testing.assert_allclose(row, each, 1e-5, 1e-6)


@EVERY
def test_later_targets_do_not_count(options):
    network, given = shared(options), inputs()
    changed, t = given["target_ids"].copy(), 2
    changed[:, t:] = changed[:, t:] % (V - 1) + 1
    before, after = answer(network), run(network, {**given, "target_ids": changed})
    for name, each in after.items():
        np.testing.assert_allclose(each[:, :t], before[name][:, :t], 1e-5, 1e-6)
    difference = np.abs(after["sequence_output"] - before["sequence_output"])
    assert np.all(difference[:, t:].max(-1) > 1e-4)


@rows(EACH)
def test_each_place_of_the_source_counts(options):
    network, given = shared(options), inputs()
    count = LENGTHS[1]
    repeated = {name: np.concatenate([each] * count) for name, each in given.items()}
    for place, rows in enumerate(np.split(repeated["source_ids"], count)):
        rows[:, place] = rows[:, place] % (V - 1) + 1
    after = np.split(run(network, repeated)["sequence_output"], count)
    difference = np.abs(np.stack(after) - answer(network)["sequence_output"])
    assert np.all(difference.max((2, 3)) > 1e-4)


@EVERY
def test_one_token_at_a_time(options):
    network, given = shared(options), inputs()
    stays, states = network.start(given["source_ids"], given["source_mask"])
    extra = {"every_step": {"context"}, "attention": {"keys"}}.get(network.conditioning, set())
    assert set(stays) == {"memory", "mask"} | extra
    found = []
    for t in range(T):
        ids = given["target_ids"][:, t : t + 1]
        outputs = network.decoder(ids, states=states, step=t, **stays)
        assert len(outputs["states"]) == len(states)
        states = outputs.pop("states")
        found.append(outputs)
    for name, expected in answer(network).items():
        each = np.concatenate([outputs[name] for outputs in found], axis=1)
        np.testing.assert_allclose(each, expected, 1e-5, 1e-6)


def test_several_tokens_at_a_time_with_the_keys_that_are_given():
    network, given = shared({"attention": "local_monotonic", "decoder_depth": 2}), inputs()
    stays, states = network.start(given["source_ids"], given["source_mask"])
    first, rest = np.split(given["target_ids"], [2], axis=1)
    answers = [network.decoder(first, states=states, **stays)]
    answers.append(network.decoder(rest, states=answers[0]["states"], step=2, **stays))
    for name, expected in answer(network).items():
        each = np.concatenate([outputs[name] for outputs in answers], axis=1)
        np.testing.assert_allclose(each, expected, 1e-5, 1e-6)
    stays["keys"] = np.zeros_like(stays["keys"])
    other = network.decoder(first, states=states, **stays)["attention"]
    assert not np.allclose(other, answers[0]["attention"], atol=1e-3)


@rows([*EACH_NETWORK, *({"tied_embeddings": ties} for ties in ("none", "all"))])
def test_every_weight_gets_a_gradient(options):
    network, given = shared(options), inputs()
    weights = network.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.log_softmax(logits(network, given))[..., 3])
    for weight, gradient in zip(weights, tape.gradient(loss, [each.value for each in weights])):
        gradient = dense(gradient)
        assert np.all(np.isfinite(gradient)), weight.path
        assert np.any(np.abs(gradient) > 1e-8), weight.path


def embedding_matrices(network):
    return [each for each in network.weights if "embeddings" in each.name]


@pytest.mark.parametrize("ties", TIES)
def test_ties(ties):
    network, given = make(tied_embeddings=ties), inputs()
    matrices = embedding_matrices(network)
    assert len(matrices) == TIES[ties]
    encoder, decoder = network.encoder.token_embedding, network.decoder.token_embedding
    assert network.token_embedding is decoder
    assert (encoder is decoder) == (ties == "all")
    o = run(network, given)["sequence_output"]
    output = decoder.reverse_embeddings if ties == "none" else decoder.embeddings.numpy().T
    np.testing.assert_allclose(logits(network, given), o @ np.array(output), 1e-5, 1e-5)

    def changes(matrix):
        """Which of source states, outputs, logits of given outputs change with a matrix."""
        old = matrix.numpy()
        matrix.assign(old + np.random.default_rng(1).normal(size=old.shape))
        after = parts()
        matrix.assign(old)
        return tuple(not np.allclose(*pair) for pair in zip(before, after))

    def parts():
        stays, states = network.start(given["source_ids"], given["source_mask"])
        fixed = {name: np.ones_like(each) for name, each in stays.items()}
        fixed_states = [np.ones_like(state) for state in states]
        outputs = network.decoder(given["target_ids"], states=fixed_states, **fixed)
        return stays["memory"], outputs["sequence_output"], decoder(o, reverse=True)

    before = parts()
    expected = {
        "none": {(True, False, False), (False, True, False), (False, False, True)},
        "target": {(True, False, False), (False, True, True)},
        "all": {(True, True, True)},
    }
    assert {changes(matrix) for matrix in matrices} == expected[ties]


NOT_DEFAULT = {
    "vocabulary_size": V,
    "embedding_dim": E,
    "units": H,
    "encoder_units": 4,
    "encoder_depth": 2,
    "decoder_depth": 2,
    "cell": "peephole_lstm",
    "attention": "multi_head",
    "attention_units": 5,
    "attention_window": 2,
    "attention_heads": 3,
    "input_feeding": False,
    "tied_embeddings": "all",
    **{name: 0.1 * n for n, name in enumerate(RATES, 1)},
}


@pytest.mark.parametrize("conditioning", CONDITIONINGS)
def test_the_config_survives(conditioning):
    network = Seq2Seq(conditioning=conditioning, **NOT_DEFAULT)
    config = json.loads(json.dumps(network.get_config()))
    for name, value in {**NOT_DEFAULT, "conditioning": conditioning}.items():
        assert config[name] == value, name
    again = Seq2Seq.from_config(config)
    assert again.get_config() == network.get_config()
    again.set_weights(network.get_weights())
    assert_close(again(inputs()), network(inputs()), 0)


@rows(
    [
        {"tied_embeddings": "none"},
        {"tied_embeddings": "target", "conditioning": "every_step", "cell": "lstm"},
        {"tied_embeddings": "all", "conditioning": "last_state"},
        {"tied_embeddings": "all", "attention": "hard", "decoder_depth": 2},
        {"tied_embeddings": "all", "input_feeding": False, "cell": "lstm"},
    ]
)
def test_files(options, tmp_path):
    network, given = make(**options), inputs()
    expected = logits(network, given)
    network.save(tmp_path / "network.keras")
    network.save_weights(tmp_path / "network.weights.h5")
    network.save_to_preset(tmp_path / "preset")
    without = Seq2Seq.from_preset(tmp_path / "preset", load_weights=False)
    assert not np.allclose(logits(without, given), expected)
    without.load_weights(tmp_path / "network.weights.h5")
    for again in (
        without,
        keras.saving.load_model(tmp_path / "network.keras"),
        Seq2Seq.from_preset(tmp_path / "preset"),
    ):
        assert_close(logits(again, given), expected, 1e-6)
        assert again.get_config() == network.get_config()
        assert len(embedding_matrices(again)) == TIES[options["tied_embeddings"]]


@pytest.mark.parametrize("other", [{"decoder_depth": 2}, {"units": 8, "encoder_units": 4}, {}])
def test_weights_of_another_network(other, tmp_path):
    file = tmp_path / "network.weights.h5"
    if other:
        make(**other).save_weights(file)
    else:
        file.write_bytes(b"damaged")
    with pytest.raises(ValueError, match=r"network\.weights\.h5 could not be loaded"):
        make().load_weights(file)


def test_a_preset_without_a_file(tmp_path):
    make().save_to_preset(tmp_path / "preset")
    (tmp_path / "preset" / "model.weights.h5").unlink()
    with pytest.raises(FileNotFoundError, match=r"lacks model\.weights\.h5"):
        Seq2Seq.from_preset(tmp_path / "preset")


def test_copies_by_layer():
    """Two layers have the same embeddings where all are tied: a copy of each would have two."""
    copy = keras.models.clone_model(shared({}))
    copy.set_weights(shared({}).get_weights())
    assert_close(copy(inputs()), answer(shared({})), 1e-6)
    with pytest.raises(NotImplementedError, match="Copy it with `from_config"):
        keras.models.clone_model(make(tied_embeddings="all"))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16"])
@rows([*EACH, {"attention": "multi_head"}, {"attention": "hard", "decoder_depth": 2}])
def test_mixed_precision(options, dtype):
    network, given = make(dtype=dtype, **options), inputs()
    assert all(weight.dtype == "float32" for weight in network.trainable_variables)
    outputs = network(given)
    for name, output in outputs.items():
        expected = "float32" if name == "logits" else dtype.removeprefix("mixed_")
        assert keras.backend.standardize_dtype(output.dtype) == expected
        assert np.all(np.isfinite(output))
    stays, states = network.start(given["source_ids"], given["source_mask"])
    step = network.decoder(given["target_ids"][:, :1], states=states, **stays)
    assert_close(step["sequence_output"], outputs["sequence_output"][:, :1], 0.02)
    if options.get("attention") != "hard":  # where another place may win
        assert_close(outputs, answer(shared(options)), 0.05)


def words_to_copy(batches):
    """Batches of one to three words; a target begins with the id 2."""
    generator = np.random.default_rng(0)
    for batch in range(batches):
        words = generator.integers(3, V, (32, 1 + batch % 3))
        before = np.concatenate([np.full((32, 1), 2), words[:, :-1]], 1)
        given = {"source_ids": words, "source_mask": words > 0, "target_ids": before}
        yield given, words


@rows(EACH)
def test_it_learns_to_copy(options):
    """By `fit`, in one graph for all lengths."""
    network = Seq2Seq(V, 16, 32, recurrent_dropout=0.1, dropout=0.1, **options)
    scores = network.token_embedding(network.output["sequence_output"], reverse=True)
    model = keras.Model(network.input, scores)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # or `fit` traces its step twice
    signature = tf.nest.map_structure(
        lambda each: tf.TensorSpec([None, None], each.dtype), next(words_to_copy(1))
    )
    data = tf.data.Dataset.from_generator(lambda: words_to_copy(60), output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(60))
    losses = model.fit(data, epochs=3, shuffle=False, verbose=0).history["loss"]
    assert losses[0] > losses[1] > losses[2]
    assert losses[2] < 0.3 * np.log(V - 3)  # the loss of a guess


@rows([*EACH, {"cell": "lstm", "input_feeding": False, "decoder_depth": 2}])
def test_dropout_is_for_training(options):
    network, given = make(**options, **dict.fromkeys(RATES, 0.5)), inputs()
    plain = answer(shared(options))["sequence_output"]
    np.testing.assert_array_equal(run(network, given)["sequence_output"], plain)
    drawn = [run(network, given, training=True)["sequence_output"] for _ in range(2)]
    assert not np.allclose(drawn[0], plain)
    assert not np.allclose(drawn[0], drawn[1])
    for size in (1, 2):  # a step without a loop leaves no mask behind
        short = {name: each[:size] for name, each in given.items()}
        short["target_ids"] = short["target_ids"][:, :1]
        drawn = [run(network, short, training=True)["sequence_output"] for _ in range(3)]
        assert len({each.tobytes() for each in drawn}) > 1


@pytest.mark.parametrize("name", RATES)
@rows([{"conditioning": "last_state"}, {"conditioning": "attention"}])
def test_each_rate_counts_on_both_sides(name, options):
    network, given = make(**{name: 0.9}, encoder_depth=2, **options), inputs()
    source = {"token_ids": given["source_ids"], "padding_mask": given["source_mask"]}
    stays, states = network.start(given["source_ids"], given["source_mask"])
    drawn = network.encoder(source, training=True)["sequence_output"]
    assert not np.allclose(drawn, stays["memory"])
    decode = functools.partial(network.decoder, given["target_ids"], states=states, **stays)
    drawn, plain = (decode(training=training)["sequence_output"] for training in (True, False))
    assert not np.allclose(drawn, plain)


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_the_attention_has_its_options(attention):
    chosen = Seq2Seq(V, E, H, H // 2, attention=attention, attention_units=5)
    networks = shared({"attention": attention}), chosen
    found = [each.decoder.attention_decoder.attention.get_config() for each in networks]
    expected = {"units": (H, 5), "window": (1, 5), "heads": (K, 4)}  # each is left out in one
    for name in expected.keys() & found[0].keys():
        assert tuple(config[name] for config in found) == expected[name]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gruu"}, r"`cell` must be one of \['gru', .*\], got 'gruu'"),
        ({"conditioning": "none"}, r"`conditioning` must be one of \['last_state', .*, got 'none'"),
        ({"attention": None}, r"`attention` must be one of \['additive', .*\], got None"),
        ({"tied_embeddings": True}, r"`tied_embeddings` must be one of .*, got True"),
        ({"attention": "dot"}, "`units` must be the size of .* for the attention 'dot', 12, got 6"),
        ({"attention_window": 0, "attention": "local_monotonic"}, "`window` must be a positive"),
        ({"attention_heads": 0, "attention": "multi_head"}, "`heads` must be a positive integer"),
        *(
            ({name: 0}, f"`{name}` must be a positive integer, got 0")
            for name in (
                "vocabulary_size",
                "embedding_dim",
                "units",
                "encoder_units",
                "encoder_depth",
                "decoder_depth",
                "attention_units",
            )
        ),
    ],
)
def test_bad_arguments(options, message):
    sizes = {"vocabulary_size": V, "embedding_dim": E, "units": H}
    with pytest.raises(ValueError, match=message):
        Seq2Seq(**{**sizes, **options})


def test_dot_is_checked_where_it_is_used():
    Seq2Seq(V, E, H, attention="dot", conditioning="last_state")
    Seq2Seq(V, E, H, H // 2, attention="dot")


def test_it_is_exported_and_registered():
    assert keras.saving.get_registered_name(Seq2Seq) == "zoo>Seq2Seq"
    assert isinstance(shared({}).encoder, RecurrentEncoder)
