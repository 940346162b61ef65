"""Numbers of the recurrent layers and networks on the backend of this process."""

from functools import partial

import keras
import numpy as np
from keras import tree

from tests.zoo.layers.recurrent_table import LAYERS, B, D, H, T
from zoo import layers
from zoo.backbones import Seq2Seq


def both_ways(units, **options):
    return layers.Bidirectional(layers.GRU(units // 2, **options))


MADE = {**LAYERS, "Bidirectional": both_ways, "GRU-elu": partial(layers.GRU, activation="elu")}


def numbers(backend):
    assert keras.backend.backend() == backend
    generator = np.random.default_rng(0)
    x = generator.normal(size=(B, T, D)).astype("float32")
    mask = generator.random((B, T)) < 0.7
    mask[:, 0] = True
    found = {}
    for name, make_layer in LAYERS.items():
        for way, go_backwards in {"forward": False, "backward": True}.items():
            found[f"{name}/{way}"] = outputs_and_state(make_layer, x, mask, go_backwards)
    found.update({f"{name}/trained": weights for name, weights in trained(x).items()})
    for name, weights in trained(x, dropout=0.5, recurrent_dropout=0.5, seed=1).items():
        found[f"{name}/learns_with_dropout"] = weights != found[f"{name}/trained"]
    return {**found, **decoder_numbers(x, mask), **network_numbers(mask)}


def outputs_and_state(make_layer, x, mask, go_backwards):
    layer = make_layer(H, return_sequences=True, return_state=True, go_backwards=go_backwards)
    layer.build(x.shape)
    set_weights(layer)
    return side_by_side(layer(x, mask=mask))


def trained(x, **options):
    """The weights of each layer after two steps of training, side by side."""
    made = {name: make_layer(H, **options) for name, make_layer in MADE.items()}
    inputs = keras.Input((T, D))
    outputs = keras.layers.concatenate([layer(inputs) for layer in made.values()])
    for layer in made.values():
        set_weights(layer)
    model = keras.Model(inputs, outputs)
    answers = model.predict_on_batch(x)
    train(model, x, answers.shape)
    assert not np.allclose(model.predict_on_batch(x), answers)
    return {name: side_by_side(layer.get_weights()) for name, layer in made.items()}


def decoder_numbers(memory, mask):
    """What decoders give, and their weights after training; whether one draws and learns."""
    cell = layers.GRUCell(H, dropout=0.5, recurrent_dropout=0.5)
    decoders = {
        "fed": layers.AttentionDecoder(layers.GRUCell(H), layers.AdditiveAttention(2)),
        "plain": layers.AttentionDecoder(
            layers.LSTMCell(H), layers.MultiHeadAttention(2, 3), input_feeding=False
        ),
        "drawing": layers.AttentionDecoder(cell, layers.HardAttention(2)),
    }
    x = np.random.default_rng(2).normal(size=(B, T, 2)).astype("float32")
    arrays = [x, memory, mask]
    inputs = [keras.Input(each.shape[1:], dtype=each.dtype.name) for each in arrays]
    results = {name: each(*inputs[:2], mask=inputs[2]) for name, each in decoders.items()}
    for decoder in decoders.values():
        set_weights(decoder)

    found = keras.Model(inputs, results).predict_on_batch(arrays)
    found = {name: side_by_side(each) for name, each in found.items()}
    weights = [decoders["drawing"](x, memory, training=True)[1] for _ in range(2)]
    drawn, drawn_then = np.argmax(weights, -1)  # (B, T) each
    found["steps_draw"] = np.any(drawn[:, 1:] != drawn[:, :1])
    found["calls_draw"] = np.any(drawn != drawn_then)
    before = side_by_side(decoders["drawing"].get_weights())
    outputs = [results[name][0] for name in decoders]
    train(keras.Model(inputs, keras.layers.concatenate(outputs)), arrays, (B, T, 3 * H))
    for name in ("fed", "plain"):
        found[f"{name}_trained"] = side_by_side(decoders[name].get_weights())
    after = side_by_side(decoders["drawing"].get_weights())
    found["drawing_learns"] = np.all(np.isfinite(after)) and np.any(after != before)
    return {f"AttentionDecoder/{name}": each for name, each in found.items()}


def network_numbers(mask):
    """What a network gives, and its weights after training."""
    network = Seq2Seq(9, 4, H, cell="lstm", decoder_depth=2, attention="local_monotonic")
    set_weights(network)
    source, target = np.random.default_rng(3).integers(1, 9, (2, B, T))
    inputs = {"source_ids": source, "source_mask": mask, "target_ids": target}
    found = {"Seq2Seq": side_by_side(network.predict_on_batch(inputs))}
    train(keras.Model(network.input, network.output["sequence_output"]), inputs, (B, T, 4))
    return {**found, "Seq2Seq/trained": side_by_side(network.get_weights())}


def train(model, x, target_shape):
    """Two steps."""
    on_tensorflow = keras.backend.backend() == "tensorflow"  # it runs faster than it compiles
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=on_tensorflow)
    for _ in range(2):
        model.train_on_batch(x, np.zeros(target_shape))


def side_by_side(tensors):
    flat = [keras.ops.convert_to_numpy(each) for each in tree.flatten(tensors)]
    return np.concatenate([np.ravel(each) for each in flat])


def set_weights(layer):
    generator = np.random.default_rng(1)
    layer.set_weights([generator.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])
