"""What the networks that answer questions on stories share."""

from functools import partial

import keras
import numpy as np
import pytest

from tests.layer_checks import randomize_weights
from zoo.backbones import EntityNetwork, StoryGRU, TensorProductNetwork

STORY = np.array(
    [
        [[3, 4, 5, 2], [6, 4, 7, 2], [8, 9, 2, 0]],
        [[6, 5, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    ],
    "int32",
)
QUESTION = np.array([[10, 3, 11], [10, 6, 0]], "int32")
INPUTS = {"story_ids": STORY, "question_ids": QUESTION}
NETWORKS = {
    "gru": partial(StoryGRU, 12, 6, 8),
    "entities": partial(EntityNetwork, 12, 8, 3, sentence_length=5),
    "tensor product": partial(TensorProductNetwork, 12, 8, 6, 4, 2, 2, sentence_length=5),
}
EVERY = pytest.mark.parametrize("make_network", NETWORKS.values(), ids=NETWORKS)


def built(make_network, **options):
    network = make_network(**options)
    randomize_weights(network)
    return network


@EVERY
def test_padding_changes_nothing(make_network):
    """Neither that of words nor that of sentences, nor that of questions."""
    network = built(make_network)
    together = network(INPUTS)
    alone = network({"story_ids": STORY[1:, :1, :3], "question_ids": QUESTION[1:, :2]})
    for name, output in alone.items():
        row = np.array(together[name])[1:]
        np.testing.assert_allclose(row[:, : output.shape[1]], output, 1e-5, 1e-6)
        assert np.all(row[:, output.shape[1] :] == 0)


@EVERY
def test_all_words_and_their_order_count(make_network):
    network = built(make_network)
    answer = np.array(network(INPUTS)["answer_state"])
    changes = {
        "another word": {"story_ids": np.where(STORY == 9, 4, STORY)},
        "sentences in another order": {"story_ids": STORY[:, [1, 0, 2]]},
        "words in another order": {"story_ids": STORY[:, :, [1, 0, 2, 3]]},
        "another question": {"question_ids": QUESTION[:, [1, 0, 2]]},
    }
    for change, inputs in changes.items():
        changed = np.array(network({**INPUTS, **inputs})["answer_state"])
        assert np.abs(changed[0] - answer[0]).max() > 1e-4, change


@EVERY
def test_gradients_and_mixed_precision(make_network):
    network = built(make_network)
    model = keras.Model(network.input, keras.layers.Dense(3)(network.output["answer_state"]))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)  # or `fit` traces its step twice
    before = network.get_weights()
    model.fit(INPUTS, np.array([0, 2]), epochs=2, verbose=0)
    for weight, old in zip(network.weights, before):
        assert not np.array_equal(weight.numpy(), old), weight.path
    half = built(make_network, dtype="mixed_float16")(INPUTS)["answer_state"]
    assert half.dtype == "float16"
    assert np.all(np.isfinite(half))


@EVERY
def test_config_and_presets(make_network, tmp_path):
    network = built(make_network)
    config = network.get_config()
    assert type(network).from_config(config).get_config() == config
    network.save_to_preset(tmp_path)
    again = type(network).from_preset(str(tmp_path))
    np.testing.assert_array_equal(again(INPUTS)["answer_state"], network(INPUTS)["answer_state"])


def test_attention_is_to_sentences():
    weights = np.array(built(NETWORKS["tensor product"])(INPUTS)["attention"])
    np.testing.assert_allclose(weights.sum(axis=1), 1, 1e-5)
    assert np.all(weights[1] == [1, 0, 0])


def test_entity_network_shares_one_activation():
    """The slopes of the memories are also those of the last line of its equations."""
    network = built(NETWORKS["entities"])
    layer = network.get_layer("memories")
    assert sum(np.array_equal(w.shape, (8,)) for w in network.weights) == 2  # slopes, bias
    sentences, query = np.ones((1, 2, 8), "float32"), np.full((1, 8), -9.0, "float32")
    memories = np.reshape(layer.reader(sentences), (1, 3, 8))
    linear, expected_weights = layer.hop(query, memories)
    output, weights = layer(sentences, query)
    slopes = layer.cell.slopes.numpy()
    expected = np.where(linear > 0, linear, slopes * linear)
    np.testing.assert_allclose(output, expected, 1e-4, 1e-5)
    np.testing.assert_allclose(weights, expected_weights, 1e-4, 1e-5)
    assert np.any(np.array(linear) < 0)


def test_memories_end_where_the_story_ends():
    """The entity network reads the sentences one after the other: the last one is not lost."""
    network = built(NETWORKS["entities"])
    longer = np.array(network(INPUTS)["answer_state"])[0]
    shorter = np.array(network({**INPUTS, "story_ids": STORY[:, :2]})["answer_state"])[0]
    assert np.abs(longer - shorter).max() > 1e-4
