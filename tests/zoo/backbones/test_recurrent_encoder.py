"""RecurrentEncoder: what goes in, what comes out, which parts it has."""

import keras
import numpy as np
import pytest

from zoo import layers
from zoo.backbones import RecurrentEncoder

WORDS = {"char_encoder": "cnn", "char_units": 6, "casing_dim": 2}


def inputs(rows=2, steps=4, length=5):
    rng = np.random.default_rng(0)
    mask = np.arange(steps) < np.array([[steps], [steps - 2]])[:rows]
    return {
        "token_ids": rng.integers(2, 20, (rows, steps)) * mask,
        "padding_mask": mask,
        "char_ids": rng.integers(1, 256, (rows, steps, length)) * mask[..., None],
        "casing_ids": rng.integers(1, 8, (rows, steps)) * mask,
    }


def states(encoder, given):
    wanted = {name: given[name] for name in encoder.input}
    return keras.ops.convert_to_numpy(encoder(wanted)["sequence_output"])


@pytest.mark.parametrize("char_encoder", ["cnn", "rnn"])
@pytest.mark.parametrize("join", ["concatenate", "gate"])
def test_characters_and_casing_count(char_encoder, join):
    encoder = RecurrentEncoder(20, 8, 3, **{**WORDS, "char_encoder": char_encoder, "join": join})
    given = inputs()
    before = states(encoder, given)
    assert before.shape == (2, 4, 6)
    for name in ("token_ids", "char_ids", "casing_ids"):
        changed = {**given, name: np.where(given[name] > 0, given[name] % 7 + 1, 0)}
        assert np.abs(states(encoder, changed) - before).max() > 1e-4, name


def test_padding_changes_nothing():
    encoder, given = RecurrentEncoder(20, 8, 3, 2, **WORDS), inputs()
    padded = {
        name: np.pad(array, [(0, 0), (0, 3), (0, 2)][: array.ndim]) for name, array in given.items()
    }
    before, after = states(encoder, given), states(encoder, padded)
    np.testing.assert_allclose(after[:, :4], before, atol=1e-6)
    assert not np.any(after[:, 4:])
    assert not np.any(before[1, 2:])


def test_residual_connections():
    given = inputs()
    for residual in (True, False):
        encoder = RecurrentEncoder(20, 8, 3, 2, residual=residual)
        x = encoder.token_embedding(given["token_ids"])
        below = encoder.recurrent_layers[0](x, mask=given["padding_mask"])
        above = encoder.recurrent_layers[1](below, mask=given["padding_mask"])
        expected = below + above if residual else above
        np.testing.assert_allclose(states(encoder, given), expected, atol=1e-6)


def test_config_and_weights_survive():
    encoder = RecurrentEncoder(20, 8, 3, join="gate", word_dropout=0.2, **WORDS)
    again = RecurrentEncoder.from_config(encoder.get_config())
    assert again.get_config() == encoder.get_config()
    again.set_weights(encoder.get_weights())
    np.testing.assert_allclose(states(again, inputs()), states(encoder, inputs()))


def test_the_word_vectors_are_a_model_of_their_own():
    encoder, given = RecurrentEncoder(20, 8, 3, **WORDS), inputs()
    model = encoder.word_vector_model()
    assert set(model.input) == {"token_ids", "char_ids", "casing_ids"}
    vectors = model({name: given[name] for name in model.input})
    assert vectors.shape == (2, 4, 8 + 6 + 2)
    table = encoder.token_embedding.get_weights()[0]
    np.testing.assert_allclose(vectors[0, 0, :8], table[given["token_ids"][0, 0]])


def test_word_dropout_leaves_characters():
    encoder, given = RecurrentEncoder(20, 8, 3, word_dropout=0.99, **WORDS), inputs()
    model = encoder.word_vector_model()
    vectors = model({name: given[name] for name in model.input}, training=True)
    plain = model({name: given[name] for name in model.input})
    assert np.abs(vectors[0, :, :8] - plain[0, :, :8]).max() > 1e-4
    np.testing.assert_allclose(vectors[..., 8:], plain[..., 8:])


def test_only_what_is_asked_for_is_built():
    encoder = RecurrentEncoder(20, 8, 3)
    assert set(encoder.input) == {"token_ids", "padding_mask"}
    kinds = (layers.CharCNN, layers.WordDropout, layers.EmbeddingGate)
    assert not any(isinstance(layer, kinds) for layer in encoder.layers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gruu"}, "`cell` must be one of .*, got 'gruu'"),
        ({"char_encoder": "lstm"}, "`char_encoder` must be one of .*, got 'lstm'"),
        ({"join": "add"}, "`join` must be one of .*, got 'add'"),
        ({"join": "gate"}, "`join`='gate' needs a `char_encoder`"),
        ({"depth": 0}, "`depth` must be a positive integer, got 0"),
        ({"char_encoder": "rnn", "char_units": 5}, "`char_units` must be even"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        RecurrentEncoder(20, 8, 3, **options)


def test_plot_names_what_it_needs(monkeypatch):
    monkeypatch.setattr("keras.src.utils.model_visualization.check_pydot", lambda: False)
    with pytest.raises(ImportError, match=r"seqzoo\[plot\].*Graphviz"):
        RecurrentEncoder(5, 2, 2).plot("network.png")
