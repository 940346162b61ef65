"""CRF: its loss as a layer of a model, in `fit`, on JAX, and on numbers that are hard to sum."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.layer_checks import LayerCase, checks_of
from tests.processes import on_jax
from zoo.layers import CRF

B, T, C = 3, 6, 4
MASK = np.arange(T) < np.array([[6], [3], [1]])
POTENTIALS = np.random.default_rng(0).normal(size=(B, T, C)).astype("float32")
TAGS = np.random.default_rng(1).integers(0, C, (B, T)).astype("int32")


@keras.saving.register_keras_serializable("zoo")
class LossLayer(keras.layers.Layer):
    """Hands out the loss, so that the generic checks of layers see it."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.crf = CRF(C, dtype=self.dtype_policy, trainable=self.trainable)

    def build(self, potentials_shape, tags_shape):
        self.crf.build(potentials_shape)

    def call(self, potentials, tags, mask=None):
        return -self.crf.log_likelihood(potentials, tags, mask)

    def compute_mask(self, *args, **kwargs):
        return None

    def compute_output_spec(self, potentials, tags, mask=None):
        dtype = "float64" if self.dtype_policy.name == "float64" else "float32"
        return keras.KerasTensor(potentials.shape[:1], dtype)

    def get_config(self):
        return super().get_config()


CASE = LayerCase(
    LossLayer,
    {"potentials": POTENTIALS, "tags": TAGS},
    {"potentials": "mask", "tags": "mask"},
    float32_outputs=True,
    skip=("check_unknown_argument",),  # it is none of the package's
)


@pytest.mark.parametrize("check", checks_of(CASE), ids=lambda check: check.__name__)
def test_the_loss_passes_the_checks_of_layers(check):
    check(CASE)


def random_crf(dtype=None, shift=0.0):
    crf = CRF(C, dtype=dtype)
    crf.build((None, None, C))
    for seed, weight in enumerate(crf.weights):
        weight.assign(np.random.default_rng(seed).normal(size=weight.shape))
    crf.transitions.assign_add(np.full((C, C), shift))
    return crf


def loss_and_gradients(crf, potentials):
    potentials = tf.constant(potentials)
    with tf.GradientTape() as tape:
        tape.watch(potentials)
        loss = -ops.mean(crf.log_likelihood(potentials, TAGS, MASK))
    points = [potentials, *(weight.value for weight in crf.weights)]
    gradients = map(tf.convert_to_tensor, tape.gradient(loss, points))
    return [ops.convert_to_numpy(each) for each in (loss, *gradients)]


def assert_close(actual, expected, tolerance=1e-5):
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, tolerance, tolerance)


@pytest.mark.parametrize("garbage", [100.0, -1e4, np.inf, np.nan])
def test_what_stands_at_padding_has_no_effect(garbage):
    potentials = np.where(MASK[..., None], POTENTIALS, np.float32(garbage))
    crf = random_crf()
    assert_close(loss_and_gradients(crf, potentials), loss_and_gradients(crf, POTENTIALS))
    np.testing.assert_array_equal(crf(potentials, mask=MASK), crf(POTENTIALS, mask=MASK))
    marginals = crf.marginals(potentials, MASK)
    np.testing.assert_array_equal(marginals, crf.marginals(POTENTIALS, MASK))


@pytest.mark.parametrize("scale", [30.0, 300.0, 3e4])
def test_large_potentials(scale):
    exact = loss_and_gradients(random_crf("float64"), np.float64(scale * POTENTIALS))
    found = loss_and_gradients(random_crf(), scale * POTENTIALS)
    np.testing.assert_allclose(found[0], exact[0], 1e-5)
    assert_close(found[1:], exact[1:], 1e-3)


@pytest.mark.parametrize("shift", [100.0, -100.0])
def test_what_all_transitions_share_has_no_effect(shift):
    expected = loss_and_gradients(random_crf(), POTENTIALS)
    assert_close(loss_and_gradients(random_crf(shift=shift), POTENTIALS), expected, 1e-3)


def test_transitions_far_below_the_others():
    """As in weights of a CRF that had its constraints built in."""
    crf = random_crf()
    transitions = crf.transitions.numpy()
    transitions[0], transitions[:, 1] = -1e4, -1e4
    crf.transitions.assign(transitions)
    for scale in (1, 30, 1000):
        assert all(np.all(np.isfinite(x)) for x in loss_and_gradients(crf, scale * POTENTIALS))


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"])
def test_weights_stay_as_precise_as_they_are(dtype):
    crf, half = random_crf(), random_crf(dtype)
    for weight, other in zip(crf.weights, half.weights):
        weight.assign(ops.cast(other, "float32"))
    potentials = np.random.default_rng(2).normal(size=(100, 30, C)).astype("float32")
    likelihood = half.log_likelihood(potentials, np.zeros((100, 30), "int32"))
    assert likelihood.dtype == "float32"
    np.testing.assert_array_equal(half(potentials), crf(potentials))
    np.testing.assert_array_equal(half.log_partition(potentials), crf.log_partition(potentials))


def test_tags_inside_without_a_begin_constrain_nothing():
    crf = CRF(2, tags=["O", "I-A"])
    assert np.all(crf(ops.convert_to_tensor([[[0.0, 5.0]] * 3])) == 1)


def test_the_loss_builds_the_layer_and_takes_lists():
    crf = CRF(C)
    found = crf.log_likelihood(POTENTIALS.tolist(), TAGS.tolist(), MASK.tolist())
    np.testing.assert_array_equal(found, crf.log_likelihood(POTENTIALS, TAGS, MASK))


@keras.saving.register_keras_serializable("tests")
class Alternating(keras.Model):
    """Tags from potentials, trained by the likelihood."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        crf = self.get_layer("crf")
        return -ops.mean(crf.log_likelihood(y_pred["potentials"], y, mask=y >= 0))


def fitted_tags():
    """The true tags, and those of a model after `fit`: they alternate, as no input tells."""
    inputs, mask = keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    potentials = keras.layers.Dense(2)(inputs)
    best = CRF(2, name="crf")(potentials, mask=mask)
    model = Alternating([inputs, mask], {"tags": best, "potentials": potentials})
    generator = np.random.default_rng(0)
    first, valid = generator.integers(0, 2, 64), np.arange(6) < generator.integers(1, 7, (64, 1))
    tags = np.where(valid, (first[:, None] + np.arange(6)) % 2, -1)
    x = np.zeros((64, 6, 2), "float32")
    x[np.arange(64), 0, first] = 1.0
    model.compile(keras.optimizers.Adam(0.1))
    model.optimizer.build(model.trainable_variables)  # or `fit` traces its step twice
    model.fit([x, valid], tags, batch_size=32, epochs=30, verbose=0)
    return np.maximum(tags, 0), model.predict([x, valid], verbose=0)["tags"]


def test_fit_learns_what_only_transitions_tell():
    np.testing.assert_array_equal(*fitted_tags())


def numbers():
    """Numbers of the loss, its gradient and the rest on the backend of this process."""
    crf = random_crf()
    found = {
        "best": crf(POTENTIALS, mask=MASK),
        "likelihood": crf.log_likelihood(POTENTIALS, TAGS, MASK),
        "partition": crf.log_partition(POTENTIALS, MASK),
        "marginals": crf.marginals(POTENTIALS, MASK),
    }
    inputs = [keras.Input(shape, dtype=dtype) for shape, dtype in INPUTS]
    layer = LossLayer()
    model = keras.Model(inputs, layer(*inputs[:2], mask=inputs[2]))
    layer.set_weights(crf.get_weights())
    on_tensorflow = keras.backend.backend() == "tensorflow"  # it runs faster than it compiles
    model.compile(keras.optimizers.SGD(0.5), lambda _, loss: loss, run_eagerly=on_tensorflow)
    for _ in range(2):
        model.train_on_batch([POTENTIALS, TAGS, MASK], np.zeros(B))
    found.update({weight.name: weight for weight in layer.weights})
    return {name: ops.convert_to_numpy(each) for name, each in found.items()}


INPUTS = [((None, C), "float32"), ((None,), "int32"), ((None,), "bool")]


def numbers_of_jax():
    """And the tags after `fit`."""
    assert keras.backend.backend() == "jax"
    return numbers(), fitted_tags()


def test_jax_gives_the_numbers_of_tensorflow():
    (of_jax, fitted), of_tensorflow = on_jax(numbers_of_jax), numbers()
    assert set(of_jax) == set(of_tensorflow)
    for name, expected in of_tensorflow.items():
        np.testing.assert_allclose(of_jax[name], expected, 1e-5, 1e-5, err_msg=name)
    np.testing.assert_array_equal(*fitted)
