"""The main job, from a pretrained preset to logs in TensorBoard."""

import pathlib
import sys

import keras

import zoo
from apps import datasets

REVIEWS = [
    "A gorgeous, witty film with a cast that could not be better.",
    "Two hours of my life that I will never get back.",
    "The battery died after a week and nobody answers my mails.",
    "I expected little, and was not disappointed: it is dreadful.",
]


def run_demo(run_dir, epochs, say):
    """Loads `sentiment_sst2`, classifies, fine-tunes on the bundled sample, evaluates, saves.

    Args:
        run_dir: Folder for TensorBoard's logs and the fine-tuned preset.
        epochs: Number of epochs on the 480 sentences.
        say: Function that takes a line to show.

    Returns:
        Accuracy on the sample's 120 validation sentences, before and after.
    """
    run_dir = pathlib.Path(run_dir)
    keras.utils.set_random_seed(0)
    say("1. Load a pretrained classifier: zoo.load('sentiment_sst2')")
    classifier = zoo.load("sentiment_sst2")

    say("2. Classify raw reviews: classifier.classify([...])")
    for review, answer in zip(REVIEWS, classifier.classify(REVIEWS)):
        say(f"   {answer.label:8}  {answer.score:.2f}  {review}")

    say("3. Fine-tune it on 480 sentences, two thirds not about films: classifier.fit(...)")
    name = "uci_sentiment_sample"
    train = datasets.load(name, "train").cache().shuffle(480, seed=0).batch(16)
    validation = datasets.load(name, "validation").batch(60)
    before = classifier.evaluate(validation, return_dict=True, verbose=0)["accuracy"]
    log = keras.callbacks.TensorBoard(run_dir / "logs")
    classifier.compile(keras.optimizers.Adam(3e-4))  # small steps: it has learnt most already
    classifier.fit(train, validation_data=validation, epochs=epochs, callbacks=[log])

    after = classifier.evaluate(validation, return_dict=True, verbose=0)["accuracy"]
    say(f"4. Accuracy on 120 other sentences: {before:.1%} before, {after:.1%} after")
    classifier.save_to_preset(run_dir / "preset")
    say(f"5. Saved; load it with zoo.load('{run_dir / 'preset'}')")
    tensorboard = pathlib.Path(sys.executable).with_name("tensorboard")
    say(f"6. Look at the curves: {tensorboard} --logdir {run_dir / 'logs'}")
    return before, after
