"""Calls of exported models, for processes without this package."""

import sys

import tensorflow as tf


def serve(folder, *calls):
    """What the model in a folder gives for each call, dictionaries of lists of strings or numbers.

    Args:
        folder: Where `export` has put it.
        *calls: Dictionaries of lists of strings.
    """
    model = tf.saved_model.load(folder).signatures["serving_default"]
    answers = [
        {name: tensor.numpy().tolist() for name, tensor in model(**as_tensors(call)).items()}
        for call in calls
    ]
    loaded = {name.partition(".")[0] for name in sys.modules}
    assert not loaded & {"apps", "zoo", "keras_hub"}
    return tf.nest.map_structure(lambda x: x.decode() if isinstance(x, bytes) else x, answers)


def as_tensors(call):
    return {name: tf.constant(texts) for name, texts in call.items()}
