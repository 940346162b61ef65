"""Losses of tasks that compute their own."""

import keras
import tensorflow as tf


def per_replica(loss):
    """The loss of a replica's part of a batch as its share of the whole batch's.

    Keras does this to its own losses under a `tf.distribute.Strategy`, which sums the gradients of
    the replicas; a task that computes its loss itself has to.
    """
    if keras.backend.backend() != "tensorflow":
        return loss
    return loss / tf.distribute.get_strategy().num_replicas_in_sync
