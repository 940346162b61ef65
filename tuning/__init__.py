"""Search spaces and strategies for Keras Tuner. Nothing is public yet."""
