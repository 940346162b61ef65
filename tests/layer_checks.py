"""The generic test of a layer: what every public layer and cell must pass, on TensorFlow.

case = LayerCase(partial(GRU, 4), {"sequences": x}, masks={"sequences": "mask"})
check_layer(case)
"""

import dataclasses
import functools
import json
import tempfile
from collections.abc import Callable, Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops, tree


@dataclasses.dataclass(eq=False)
class LayerCase:
    """A layer and what to call it with.

    Attributes:
        make_layer: Makes the layer, given any of its keyword arguments `name` and `dtype`.
        inputs: The arguments of its call by name: NumPy arrays, or lists of them.
        masks: For each padded argument, time being its axis 1, the name of its mask argument.
        half_tolerance: Largest difference of float16 or bfloat16 outputs from those in float32.
        float32_outputs: Whether the outputs stay in float32 under mixed precision, as a loss does.
        no_gradient: Names of weights that the outputs do not depend on.
        skip: Names of the checks that the layer is not meant to pass.
    """

    make_layer: Callable
    inputs: Mapping
    masks: Mapping = dataclasses.field(default_factory=dict)
    half_tolerance: float = 0.05
    float32_outputs: bool = False
    no_gradient: tuple = ()
    skip: tuple = ()


def check_layer(case):
    for check in checks_of(case):
        check(case)


def checks_of(case):
    return [check for check in CHECKS if check.__name__ not in case.skip]


def check_config(case):
    """Also with a policy for a dtype, as Keras' own configurations have it."""
    layer = case.make_layer(name="same", dtype=keras.DTypePolicy("mixed_bfloat16"))
    config = layer.get_config()
    json.dumps(keras.saving.serialize_keras_object(layer))
    again = type(layer).from_config(config)
    assert again.get_config() == config
    assert again.dtype_policy == layer.dtype_policy
    assert keras.saving.get_registered_name(type(layer)) == f"zoo>{type(layer).__name__}"


def check_unknown_argument(case):
    """It is refused, and the nearest is named."""
    kind = type(case.make_layer()).__name__
    with pytest.raises(TypeError, match=f"`nme` is no argument of {kind}. Did you mean `name`"):
        case.make_layer(nme="x")


def check_frozen(case):
    """`trainable=False` is as Keras has it, for the layer's parts, too, and after a reload."""
    layer = case.make_layer(trainable=False)
    call(layer, case.inputs)
    again = type(layer).from_config(layer.get_config())
    call(again, case.inputs)
    assert not layer.trainable_weights
    assert not [weight.path for weight in again.weights if weight.trainable]


def check_keras_file(case):
    model, arrays, outputs = functional_model(case)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        loaded = keras.saving.load_model(f"{folder}/model.keras")
    assert_close(loaded(arrays), outputs, 1e-6)


def check_shapes(case):
    model, _, outputs = functional_model(case)
    symbolic, eager = tree.flatten(model.outputs), tree.flatten(outputs)
    assert len(symbolic) == len(eager) > 0
    for expected, output in zip(symbolic, eager):
        assert expected.dtype == keras.backend.standardize_dtype(output.dtype)
        assert len(expected.shape) == len(output.shape)
        assert all(e in (None, size) for e, size in zip(expected.shape, output.shape))


def check_gradients(case):
    layer, (_, _, gradients) = differentiated_layer(case)
    for weight, gradient in zip(layer.trainable_variables, gradients):
        if weight.name not in case.no_gradient:
            assert gradient is not None, weight.path
            assert np.all(np.isfinite(gradient)), weight.path
            assert np.any(np.abs(gradient) > 1e-8), weight.path


def check_training_step(case):
    model, arrays, outputs = functional_model(case)
    if not model.trainable_variables:
        return
    before = model.get_weights()
    trained = keras.Model(model.input, list(filter(is_float, tree.flatten(model.outputs))))
    trained.compile("sgd", ["mse"] * len(trained.outputs), run_eagerly=True)
    floats = filter(is_float, tree.flatten(outputs))
    targets = [np.full(output.shape, 2.0, "float32") for output in floats]
    trained.train_on_batch(arrays, targets)
    for weight, old in zip(model.weights, before):
        if weight.trainable and weight.name not in case.no_gradient:
            assert np.any(weight.numpy() != old), weight.path
    model.set_weights(before)


def check_padding(case):
    """Garbage at masked steps on the right changes no output, save those steps' own."""
    layer = built_layer(case)
    padded, masks = pad_right(case, 3)
    alone = tree.flatten(call(layer, case.inputs))
    answer = tree.flatten(call(layer, {**padded, **masks}))
    for expected, output in zip(alone, answer):
        assert_close(output[tuple(slice(size) for size in expected.shape)], expected, 1e-5)


def check_mixed_precision(case):
    expected = call(built_layer(case), case.inputs)
    for policy in ("mixed_bfloat16", "mixed_float16"):
        layer = built_layer(case, dtype=policy)
        outputs = call(layer, case.inputs)
        specs = tree.flatten(layer.compute_output_spec(**symbols(case.inputs)))
        for spec, output in zip(specs, tree.flatten(outputs), strict=True):
            assert spec.dtype == keras.backend.standardize_dtype(output.dtype)
            assert tuple(spec.shape) == tuple(output.shape)
        for output in filter(is_float, tree.flatten(outputs)):
            expected_dtype = "float32" if case.float32_outputs else layer.compute_dtype
            assert keras.backend.standardize_dtype(output.dtype) == expected_dtype
        assert all(weight.dtype == "float32" for weight in layer.trainable_variables)
        assert_close(outputs, expected, case.half_tolerance)


def check_xla(case):
    """Outputs and gradients compiled by XLA are those of the plain graph and of eager mode."""
    layer, eager = differentiated_layer(case)
    run = functools.partial(outputs_and_gradients, layer, layer.trainable_variables)
    for jit_compile in (False, True):
        compiled = tf.function(run, autograph=False, jit_compile=jit_compile)
        assert_close(compiled(tree.map_structure(tf.constant, case.inputs)), eager, 1e-4)


def check_float64_gradient(case):
    """The slope of the loss along random directions is the gradient's, by finite differences."""
    layer = built_layer(case, dtype="float64")
    generator = np.random.default_rng(3)
    inputs = tree.map_structure(as_float64_variable, case.inputs)
    points = [*layer.trainable_variables, *filter(is_variable, tree.flatten(inputs))]
    gradients = outputs_and_gradients(layer, points, inputs)[2]
    for _ in range(3):
        direction = [generator.normal(size=point.shape) for point in points]
        slope = sum(np.sum(d * g) for d, g in zip(direction, gradients) if g is not None)
        np.testing.assert_allclose(
            slope_by_differences(layer, inputs, points, direction), slope, 1e-6, 1e-7
        )


CHECKS = (
    check_config,
    check_unknown_argument,
    check_frozen,
    check_keras_file,
    check_shapes,
    check_gradients,
    check_training_step,
    check_padding,
    check_mixed_precision,
    check_xla,
    check_float64_gradient,
)


def slope_by_differences(layer, inputs, points, direction, step=1e-6):
    start = [point.numpy() for point in points]
    losses = []
    for sign in (1, -1):
        for point, value, d in zip(points, start, direction):
            point.assign(value + sign * step * d)
        losses.append(loss_of(call(layer, inputs)).numpy())
    for point, value in zip(points, start):
        point.assign(value)
    return (losses[0] - losses[1]) / (2 * step)


def call(layer, inputs):
    """Calls a layer such that it draws the same random numbers each time."""
    for variable in layer.variables:
        if "seed_generator" in variable.path:
            variable.assign(ops.stack([variable[0], 0 * variable[1]]))
    return layer(**tree.map_structure(tf.convert_to_tensor, dict(inputs)))


def symbols(inputs):
    """Keras' symbolic tensors of the shapes and dtypes of arrays."""
    return tree.map_structure(lambda each: keras.KerasTensor(each.shape, each.dtype.name), inputs)


def built_layer(case, **options):
    """The layer, with random weights, so that zero biases or symmetry hide nothing."""
    layer = case.make_layer(**options)
    layer(**case.inputs)
    randomize_weights(layer)
    return layer


@functools.lru_cache(maxsize=1)
def differentiated_layer(case):
    """The layer, and its outputs, loss and gradients by the weights in eager mode."""
    layer = built_layer(case)
    return layer, outputs_and_gradients(layer, layer.trainable_variables, case.inputs)


def randomize_weights(layer, seed=1):
    generator = np.random.default_rng(seed)
    for weight in layer.trainable_variables:
        weight.assign(generator.normal(0.1, 0.4, weight.shape))


@functools.lru_cache(maxsize=1)
def functional_model(case):
    """A model of the layer alone with free batch and time, arrays for it, and its outputs."""
    padded, masks = pad_right(case, 2)
    arrays = {**padded, **masks}
    timed = {id(arrays[name]) for name in (*case.masks, *case.masks.values())}

    def symbolic(array):
        shape = (None, *array.shape[2:]) if id(array) in timed else array.shape[1:]
        return keras.Input(shape, dtype=array.dtype.name)

    inputs = tree.map_structure(symbolic, arrays)
    layer = case.make_layer()
    model = keras.Model(tree.flatten(inputs), layer(**inputs))
    randomize_weights(layer)
    arrays = tree.flatten(arrays)
    return model, arrays, model(arrays)


def pad_right(case, steps):
    """The inputs with `steps` more of garbage, and the masks that say so."""
    generator = np.random.default_rng(2)
    padded, masks = dict(case.inputs), {}
    for name, mask_name in case.masks.items():
        array = padded[name]
        shape = (array.shape[0], steps, *array.shape[2:])
        garbage = generator.normal(0, 9, shape).astype(array.dtype)
        padded[name] = np.concatenate([array, garbage], 1)
        masks[mask_name] = np.arange(padded[name].shape[1]) < np.full(
            (len(array), 1), array.shape[1]
        )
    return padded, masks


def outputs_and_gradients(layer, points, inputs):
    """The outputs, the loss, and its gradients by the points."""
    points = [point.value if isinstance(point, keras.Variable) else point for point in points]
    with tf.GradientTape() as tape:
        outputs = call(layer, inputs)
        loss = loss_of(outputs)
    return outputs, loss, [dense(gradient) for gradient in tape.gradient(loss, points)]


def dense(gradient):
    """The gradient as a tensor: that of looked-up rows comes as the rows alone."""
    rows = isinstance(gradient, tf.IndexedSlices)
    return tf.convert_to_tensor(gradient) if rows else gradient


def loss_of(outputs):
    """Every element of the floating outputs with a weight of its own."""
    loss = 0.0
    for output in filter(is_float, tree.flatten(outputs)):
        output = ops.cast(output, "float64")
        weights = np.random.default_rng(4).normal(size=output.shape)
        loss += ops.sum(output * weights + ops.square(output))
    return loss


def as_float64_variable(array):
    return tf.Variable(array.astype("float64")) if is_float(array) else tf.constant(array)


def is_variable(tensor):
    return isinstance(tensor, tf.Variable)


def is_float(tensor):
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype))


def assert_close(actual, expected, tolerance):
    actual, expected = tree.flatten(actual), tree.flatten(expected)
    assert len(actual) == len(expected)
    for pair in zip(actual, expected):
        a, e = (ops.convert_to_numpy(ops.cast(tensor, "float64")) for tensor in pair)
        np.testing.assert_allclose(a, e, tolerance, tolerance)
