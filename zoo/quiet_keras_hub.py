"""Loads KerasHub, and TensorFlow with it, without its greetings; import this before it."""

from zoo import quiet

quiet.load("keras_hub")
