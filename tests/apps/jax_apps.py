"""What apps answer and learn on JAX, for the process that has Keras on it."""

import keras
import tensorflow as tf

import zoo


def classify(preset):
    """Probabilities of two texts, and labels after training."""
    assert keras.backend.backend() == "jax"
    classifier = zoo.load(preset)
    before = classifier.predict(["a fine film", "bad"], verbose=0)
    texts = (["a fine film", "a bad film"] * 80, [1, 0] * 80)
    keras.utils.set_random_seed(0)
    classifier.compile(keras.optimizers.Adam(0.02))
    classifier.fit(tf.data.Dataset.from_tensor_slices(texts).batch(8), verbose=0)
    answers = classifier.classify(["a fine film", "a bad film"])
    return before, [answer.label for answer in answers]


def tag(preset):
    """Tags and scores of two sentences, potentials of two, and the F1 after training."""
    assert keras.backend.backend() == "jax"
    tagger = zoo.load(preset)
    answers = tagger.tag(["Ada met Bob", ""], return_scores=True)
    before = [(answer.tags, answer.scores) for answer in answers]
    potentials = tagger.predict(["Ada met Bob", "Bob"])["potentials"]
    keras.utils.set_random_seed(0)
    tagger.compile(keras.optimizers.Adam(0.05))
    words, tags = [["Ada", "met"], ["in", "Paris"]] * 8, [["B-PER", "O"], ["O", "B-LOC"]] * 8
    tagger.fit(words * 7, tags * 7, batch_size=8, verbose=0)
    history = tagger.fit(words, tags, batch_size=8, verbose=0).history
    return before, potentials, history["f1"][-1]


def translate(preset, texts):
    """Translations with scores, of a greedy search and of one with a beam; losses of training."""
    assert keras.backend.backend() == "jax"
    translator = zoo.load(preset, sampling_rate=0.5, sampling_steps=2)
    found = [
        [(answer.text, answer.score) for answer in translator.translate(texts, beam_width=width)]
        for width in (1, 5)
    ]
    keras.utils.set_random_seed(0)
    translator.compile(keras.optimizers.Adam(0.01))
    losses = translator.fit(texts, texts, batch_size=8, epochs=5, verbose=0).history["loss"]
    return found, losses
