"""The ways to run a case: this package's layers, Keras' and, where it is installed, PyTorch's."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf

import zoo.layers

try:
    import torch
except ImportError:  # it is optional
    torch = None

WAYS = ("ours, plain", "ours, XLA", "Keras, plain", "Keras, XLA", "torch")


def contestant(way, case):
    """A function without arguments that runs the case once, or `None` where it cannot be had."""
    if way == "torch":
        return torch and torch_contestant(case)
    family = zoo.layers if way.startswith("ours") else keras.layers
    layer = getattr(family, case.layer)(case.units, return_sequences=True)
    if case.bidirectional:
        layer = family.Bidirectional(layer)
    layer.build((None, None, case.inputs))
    function = in_graph(layer, case, jit_compile=way.endswith("XLA"))
    x, lengths = case.arrays()
    inputs = [tf.constant(x)]
    if lengths is not None:
        inputs.append(tf.sequence_mask(lengths, case.time))
    return lambda: tf.nest.flatten(function(*inputs))[0].numpy()


def in_graph(layer, case, jit_compile):
    weights = [weight.value for weight in layer.trainable_variables]

    def run(x, mask=None):
        if not case.training:
            return layer(x, mask=mask)
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(layer(x, mask=mask, training=True)))
        return tape.gradient(loss, [x, *weights])

    if jit_compile:  # XLA wants the sizes
        return tf.function(run, jit_compile=True)
    signature = [tf.TensorSpec((None, None, case.inputs))]
    if case.bidirectional:
        signature.append(tf.TensorSpec((None, None), "bool"))
    return tf.function(run, input_signature=signature)


def torch_contestant(case):
    options = {"batch_first": True, "bidirectional": case.bidirectional}
    layer = getattr(torch.nn, case.layer)(case.inputs, case.units, **options)
    x, lengths = case.arrays()
    x = torch.tensor(x, requires_grad=case.training)

    def forward():
        if lengths is None:
            return layer(x)[0]
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            x, torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        return torch.nn.utils.rnn.pad_packed_sequence(layer(packed)[0], batch_first=True)[0]

    def run():
        if not case.training:
            with torch.no_grad():
                return forward()
        layer.zero_grad()
        x.grad = None
        forward().square().sum().backward()
        return x.grad

    return run
