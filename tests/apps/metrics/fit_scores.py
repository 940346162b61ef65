"""The metrics of tags as `fit` and `evaluate` give them, on the backend of this process."""

import keras
import tensorflow as tf

from apps.metrics import EntityScores, TagAccuracy

IOB2 = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def scores_of_fit(batches, backend):
    """Those of two epochs, of validation after each, and of `evaluate`, by name.

    Args:
        batches: List of `(gold, found)`, ids of one batch each; their lengths may differ.
        backend: Name of the backend that this has to be on.
    """
    assert keras.backend.backend() == backend
    specification = tf.TensorSpec((None, None), "int32")
    targets = {"scores": specification, "tags": specification}
    data = tf.data.Dataset.from_generator(
        lambda: ((found, {"scores": gold, "tags": gold}) for gold, found in batches),
        output_signature=(specification, targets),
    )
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    tagger = make_tagger()
    tagger.compile(
        keras.optimizers.SGD(0.0),
        {"scores": keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)},
        metrics={"tags": [TagAccuracy(), EntityScores(IOB2, per_class=True)]},
    )
    options = {"verbose": 0, "shuffle": False}
    history = tagger.fit(data, validation_data=data, epochs=2, **options).history
    last = tagger.evaluate(data, verbose=0, return_dict=True)
    return {name: [*history[name], *history[f"val_{name}"], last[name]] for name in last}


def make_tagger():
    """A model whose words are the ids of the tags that it finds."""
    words = keras.Input((None,), dtype="int32")
    scores = keras.layers.Embedding(len(IOB2), len(IOB2), "identity", name="scores")(words)
    return keras.Model(words, {"scores": scores, "tags": Best(name="tags")(scores)})


class Best(keras.layers.Layer):
    """The id of the best score."""

    def call(self, scores):
        return keras.ops.argmax(scores, axis=-1)
