"""Numbers of every recurrent layer on the backend of this process.

KERAS_BACKEND=jax python -m tests.zoo.layers.backend_numbers numbers.npz
"""

import sys

import keras
import numpy as np

from tests.zoo.layers.recurrent_table import LAYERS, B, D, H, T


def numbers():
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
    return found


def outputs_and_state(make_layer, x, mask, go_backwards):
    layer = make_layer(H, return_sequences=True, return_state=True, go_backwards=go_backwards)
    layer.build(x.shape)
    set_weights(layer)
    outputs, *states = layer(x, mask=mask)
    return np.concatenate([np.ravel(keras.ops.convert_to_numpy(t)) for t in (outputs, *states)])


def trained(x, **options):
    """The weights of each layer after two steps of training, side by side."""
    layers = {name: make_layer(H, **options) for name, make_layer in LAYERS.items()}
    inputs = keras.Input((T, D))
    outputs = keras.layers.concatenate([layer(inputs) for layer in layers.values()])
    model = keras.Model(inputs, outputs)
    for layer in layers.values():
        set_weights(layer)
    on_tensorflow = keras.backend.backend() == "tensorflow"  # it runs faster than it compiles
    model.compile(keras.optimizers.SGD(0.5), "mse", run_eagerly=on_tensorflow)
    for _ in range(2):
        model.train_on_batch(x, np.zeros((B, H * len(layers))))
    return {
        name: np.concatenate([np.ravel(weight) for weight in layer.get_weights()])
        for name, layer in layers.items()
    }


def set_weights(layer):
    generator = np.random.default_rng(1)
    layer.set_weights([generator.normal(0, 0.5, weight.shape) for weight in layer.get_weights()])


if __name__ == "__main__":
    np.savez(sys.argv[1], **numbers())
