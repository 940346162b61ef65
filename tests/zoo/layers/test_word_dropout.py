"""WordDropout: which ids it changes, and when."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.layers import WordDropout


def test_drops_words_at_its_rate_and_leaves_padding():
    ids = np.tile([5, 6, 7, 0], (1000, 1))
    dropped = keras.ops.convert_to_numpy(WordDropout(0.3, unknown_id=2, seed=1)(ids, training=True))
    changed = dropped != ids
    assert np.all(dropped[changed] == 2)
    assert not np.any(changed[:, 3])
    assert 0.27 < changed[:, :3].mean() < 0.33
    assert dropped.dtype == np.asarray(keras.ops.convert_to_tensor(ids)).dtype


def test_passes_words_outside_of_training():
    ids = np.tile([5, 6, 0], (100, 1))
    np.testing.assert_array_equal(WordDropout(0.9)(ids), ids)
    np.testing.assert_array_equal(WordDropout(0.0)(ids, training=True), ids)


def test_draws_anew_at_each_call():
    layer, ids = WordDropout(0.5, seed=1), np.full((4, 50), 3)
    first, second = layer(ids, training=True), layer(ids, training=True)
    assert np.any(np.asarray(first) != np.asarray(second))


def test_compiles_with_xla():
    layer = WordDropout(0.5, seed=1)
    run = tf.function(lambda ids: layer(ids, training=True), jit_compile=True)
    dropped = run(tf.fill([20, 20], 3)).numpy()
    assert set(dropped.ravel()) == {1, 3}


@pytest.mark.parametrize("rate", [-0.1, 1, "much"])
def test_bad_rate(rate):
    with pytest.raises(ValueError, match="`rate` must be a number in \\[0, 1\\)"):
        WordDropout(rate)
