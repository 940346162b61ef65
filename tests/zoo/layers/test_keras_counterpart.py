"""Keras' layers and this package's compute the same, and turn into each other."""

import keras
import numpy as np
import pytest

from zoo.layers import GRU, LSTM, Bidirectional, PeepholeLSTM, SimpleRNN

B, T, D, H = 3, 5, 4, 6
LAYERS = [
    pytest.param(SimpleRNN, {}, id="SimpleRNN"),
    pytest.param(GRU, {"reset_after": True}, id="GRU"),
    pytest.param(GRU, {"reset_after": False}, id="GRU-before"),
    pytest.param(LSTM, {}, id="LSTM"),
]
every_layer = pytest.mark.parametrize(("layer_class", "options"), LAYERS)


def keras_layer(layer_class, **options):
    """Keras' layer with random weights and biases."""
    layer = layer_class.keras_class(H, **options)
    layer.build((B, T, D))
    generator = np.random.default_rng(0)
    layer.set_weights([generator.normal(0, 0.7, w.shape) for w in layer.get_weights()])
    return layer


def sequences(seed=1, batch=B):
    return np.random.default_rng(seed).normal(size=(batch, T, D)).astype("float32")


def prefix_mask(*lengths):
    return np.arange(T) < np.array(lengths)[:, None]


def assert_same(layer, other, *args, **kwargs):
    answers, others = (keras.tree.flatten(each(*args, **kwargs)) for each in (layer, other))
    assert len(answers) == len(others)
    for a, b in zip(answers, others):
        np.testing.assert_allclose(a, b, 1e-5, 1e-5)


@every_layer
@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("go_backwards", [True, False])
@pytest.mark.parametrize("zero_output_for_mask", [True, False])
def test_same_answers(layer_class, options, return_sequences, go_backwards, zero_output_for_mask):
    theirs = keras_layer(
        layer_class,
        **options,
        return_state=True,
        return_sequences=return_sequences,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
    )
    ours = layer_class.from_keras(theirs)
    gaps = np.random.default_rng(2).random((B, T)) < 0.5
    states = list(np.random.default_rng(3).normal(size=(len(ours.state_size), 2 * B, H)))
    x = sequences(batch=2 * B)
    for mask in (None, np.concatenate([prefix_mask(T, 2, 1), gaps])):
        assert_same(ours, theirs, x, mask=mask)
        assert_same(ours, theirs, x, mask=mask, initial_state=states)


@every_layer
def test_round_trip_keeps_config_and_weights(layer_class, options):
    theirs = keras_layer(
        layer_class,
        **options,
        return_sequences=True,
        dropout=0.2,
        recurrent_dropout=0.3,
        seed=7,
        dtype="mixed_bfloat16",
        name="encoder",
        trainable=False,
    )
    ours = layer_class.from_keras(theirs)
    assert (ours.name, ours.dtype_policy.name, ours.seed) == ("encoder", "mixed_bfloat16", 7)
    assert (ours.dropout, ours.recurrent_dropout, ours.trainable) == (0.2, 0.3, False)
    again = ours.to_keras()
    assert again.get_config() == theirs.get_config()
    for weight, expected in zip(again.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@every_layer
def test_inside_a_model(layer_class, options):
    """A trained model of Keras' layers turns into one of ours, and back."""
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(10, D, mask_zero=True)(inputs)
    x = layer_class.keras_class(H, return_sequences=True, **options)(x)
    x = layer_class.keras_class(H, **options)(x)
    model = keras.Model(inputs, keras.layers.Dense(2)(x))

    def ours(layer):
        if isinstance(layer, layer_class.keras_class):
            return layer_class.from_keras(layer)
        return layer

    def theirs(layer):
        return layer.to_keras() if isinstance(layer, layer_class) else layer

    ids = np.array([[1, 2, 3, 0], [4, 5, 6, 7], [8, 0, 0, 0]])
    mine = keras.models.clone_model(model, clone_function=ours)
    back = keras.models.clone_model(mine, clone_function=theirs)
    assert sum(isinstance(layer, layer_class) for layer in mine.layers) == 2
    assert_same(mine, model, ids)
    assert_same(back, model, ids)


@every_layer
@pytest.mark.parametrize("return_state", [True, False])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_inside_bidirectional(layer_class, options, return_sequences, return_state):
    options = {**options, "return_sequences": return_sequences, "return_state": return_state}
    theirs = keras.layers.Bidirectional(layer_class.keras_class(H, **options))
    theirs.build((None, None, D))
    ours = keras.layers.Bidirectional(
        layer_class.from_keras(theirs.forward_layer),
        backward_layer=layer_class.from_keras(theirs.backward_layer),
    )
    ours.build((None, None, D))
    ours.forward_layer.set_weights(
        layer_class.from_keras(theirs.forward_layer).get_weights()
    )  # Bidirectional makes the forward layer anew from its config
    for mask in (None, prefix_mask(T, 2, 1)):
        assert_same(ours, theirs, sequences(), mask=mask)


@every_layer
def test_stateful_layers_keep_their_states(layer_class, options):
    theirs = keras_layer(layer_class, **options, stateful=True)
    theirs(sequences())
    ours = layer_class.from_keras(theirs)
    again = ours.to_keras()
    for seed in range(2, 4):
        x = sequences(seed)
        expected = theirs(x)
        np.testing.assert_allclose(ours(x), expected, 1e-5, 1e-5)
        np.testing.assert_allclose(again(x), expected, 1e-5, 1e-5)


OPTIONS = {
    "activation": {"activation": "elu"},
    "no bias": {"use_bias": False},
    "penalties": {
        "kernel_regularizer": "l2",
        "recurrent_regularizer": "l1",
        "bias_regularizer": "l2",
        "activity_regularizer": "l2",
    },
    "constraints": {"kernel_constraint": "unit_norm", "bias_constraint": "non_neg"},
    "initialisers": {"kernel_initializer": "ones", "bias_initializer": "random_normal"},
}


@every_layer
@pytest.mark.parametrize("more", OPTIONS.values(), ids=OPTIONS)
def test_all_options_of_keras(layer_class, options, more):
    """Answers, penalties and a step of training, with every weight taking part in it."""
    theirs = keras_layer(layer_class, **options, **more, return_sequences=True)
    ours = layer_class.from_keras(theirs)
    spelled_out = theirs.get_config()  # with the values of all arguments that have defaults
    assert layer_class(**spelled_out).get_config() == ours.get_config()
    assert ours.to_keras().get_config() == theirs.get_config()
    models = []
    for layer in (theirs, ours):
        inputs = keras.Input((None, D))
        models.append(keras.Model(inputs, layer(inputs)))
        models[-1].compile(keras.optimizers.SGD(0.1), "mse")
    y = np.zeros((B, T, H), "float32")
    losses = [model.train_on_batch(sequences(), y) for model in models]
    np.testing.assert_allclose(losses[1], losses[0], 1e-5)
    for weight, expected in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, 1e-4, 1e-5)


@pytest.mark.parametrize("layer_class", [GRU, LSTM])
def test_gates_of_another_function(layer_class):
    theirs = keras_layer(layer_class, recurrent_activation="hard_sigmoid", implementation=2)
    assert_same(layer_class.from_keras(theirs), theirs, sequences(), mask=prefix_mask(T, 2, 1))


@every_layer
@pytest.mark.parametrize("wrapped", [False, True])
def test_weights_and_files_are_keras_own(layer_class, options, wrapped, tmp_path):
    """Both ways, by `set_weights` and by `.weights.h5`."""
    models = []
    for kind, wrapper in (
        (layer_class.keras_class, keras.layers.Bidirectional),
        (layer_class, Bidirectional),
    ):
        inputs = keras.Input((None, D))
        layer = kind(H, name="recurrent", **options)
        outputs = wrapper(layer, name="both")(inputs) if wrapped else layer(inputs)
        models.append(keras.Model(inputs, outputs))
    generator = np.random.default_rng(0)
    for start, end in (models, reversed(models)):
        start.set_weights([generator.normal(size=w.shape) for w in start.get_weights()])
        end.set_weights(start.get_weights())
        assert_same(end, start, sequences())
        start.set_weights([generator.normal(size=w.shape) for w in start.get_weights()])
        start.save_weights(tmp_path / "some.weights.h5")
        end.load_weights(tmp_path / "some.weights.h5")
        assert_same(end, start, sequences())


@every_layer
@pytest.mark.parametrize("merge_mode", ["concat", None])
def test_bidirectional_from_keras(layer_class, options, merge_mode):
    halves = [
        keras_layer(layer_class, **options, go_backwards=backwards, name=f"h{backwards}")
        for backwards in (False, True)
    ]
    theirs = keras.layers.Bidirectional(
        halves[0], merge_mode, backward_layer=halves[1], name="both", trainable=False
    )
    theirs.build((None, None, D))
    ours = Bidirectional.from_keras(theirs)
    assert (ours.name, ours.trainable, ours.trainable_weights) == ("both", False, [])
    again = ours.to_keras()
    assert (again.merge_mode, again.backward_layer.name) == (merge_mode, "hTrue")
    for mask in (None, prefix_mask(T, 2, 1)):
        assert_same(ours, theirs, sequences(), mask=mask)
        assert_same(again, theirs, sequences(), mask=mask)


def test_bidirectional_of_what_has_no_counterpart():
    wrapper = keras.layers.Bidirectional(keras.layers.RNN(keras.layers.GRUCell(H)))
    wrapper.build((None, None, D))
    with pytest.raises(TypeError, match="must have a SimpleRNN, GRU or LSTM"):
        Bidirectional.from_keras(wrapper)
    ours = Bidirectional(PeepholeLSTM(H))
    with pytest.raises(ValueError, match="must be built"):
        ours.to_keras()
    ours.build((None, None, D))
    with pytest.raises(TypeError, match="Keras has no layer for <PeepholeLSTM"):
        ours.to_keras()
    with pytest.raises(TypeError, match=r"must be a `keras.layers.Bidirectional`, got <GRU"):
        Bidirectional.from_keras(GRU(H))


def test_layers_of_another_class_or_not_built():
    with pytest.raises(TypeError, match=r"must be a `keras.layers.GRU`, got <LSTM"):
        GRU.from_keras(keras.layers.LSTM(H))
    with pytest.raises(ValueError, match="must be built"):
        GRU.from_keras(keras.layers.GRU(H))
    with pytest.raises(ValueError, match="must be built"):
        GRU(H).to_keras()


def test_wrong_options():
    with pytest.raises(ValueError, match="`use_bias` must be True or False, got 'no'"):
        GRU(H, use_bias="no")
    with pytest.raises(ValueError, match="`use_cudnn` must be one of auto, True, False, got 'no'"):
        GRU(H, use_cudnn="no")
    with pytest.raises(TypeError, match="Did you mean `kernel_initializer`"):
        LSTM(H, kernel_initialiser="zeros")
