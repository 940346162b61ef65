"""What every app has to pass, whatever it does: a new one is a row of `own_corpora.APPS`."""

import contextlib
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

import apps
import zoo
from apps.export import serve_any
from tests.apps.own_corpora import APPS, examples, forget_corpora, own_and_others, recipe_of


@pytest.fixture(params=APPS, scope="module")
def app(request):
    return request.param


@pytest.fixture(scope="module")
def task(app, tmp_path_factory):
    """An app of each recipe, untrained."""
    own_and_others(APPS[app]["app"])
    yield recipe_of(app).build(tmp_path_factory.mktemp("run"), None)
    forget_corpora()


def one_batch(app):
    """Raw inputs and labels."""
    return next(iter(examples(APPS[app]["app"], ("Aa", "bb", "cc")).ragged_batch(3)))


def trainable(task):
    return [place for place, weight in enumerate(task.weights) if weight.trainable]


def heads(task):
    """The layers with weights outside of the backbone."""
    return [layer for layer in task.layers_with_flags() if layer.weights and layer.built]


@pytest.fixture
def everything_trains(task):
    yield
    for layer in (task, *task._flatten_layers()):
        layer.trainable = True


PARTS = {
    "backbone": lambda task: task.backbone,
    "embedding": lambda task: task.backbone.token_embedding,
    "head": lambda task: (heads(task) or [task.backbone])[0],
    "all": lambda task: task,
}


@pytest.mark.usefixtures("everything_trains")
@pytest.mark.parametrize("part", PARTS)
def test_what_is_frozen_stays_frozen(task, part, tmp_path):
    everything = trainable(task)
    PARTS[part](task).trainable = False
    kept = trainable(task)
    assert len(kept) < len(everything)
    copies = {}
    task.save_to_preset(tmp_path / "preset")
    copies["preset"] = zoo.load(str(tmp_path / "preset"))
    if part == "embedding":  # the same configuration, and slower
        task.compile()
        task.save(tmp_path / "task.keras")
        copies["file"] = keras.saving.load_model(tmp_path / "task.keras")
    again = type(task.backbone).from_config(task.backbone.get_config())
    assert trainable(again) == trainable(task.backbone)
    for name, copy in copies.items():
        assert trainable(copy) == kept, name
        assert copy.backbone.trainable == task.backbone.trainable
        for weight, same in zip(copy.weights, task.weights, strict=True):
            np.testing.assert_array_equal(weight, same)


def test_a_backbone_made_frozen_is_frozen(task):
    frozen = type(task.backbone)(**{**config(task.backbone), "trainable": False})
    assert not trainable(frozen)
    assert not trainable(type(frozen).from_config(frozen.get_config()))


def config(model):
    return {key: value for key, value in model.get_config().items() if key != "name"}


def test_unknown_arguments_are_refused(task, tmp_path):
    """Keras' functional models take and ignore them."""
    backbone, app = type(task.backbone), type(task)
    with pytest.raises(TypeError, match=f"`nonsense` is no argument of {backbone.__name__}"):
        backbone(**config(task.backbone), nonsense=1)
    with pytest.raises(TypeError, match=f"`nonsense` is no argument of {app.__name__}"):
        app(task.backbone, task.preprocessor, nonsense=1)
    with pytest.raises(TypeError, match="Did you mean `preprocessor`"):
        app(task.backbone, task.preprocessor, preprocesor=1)
    preprocessor, tokenizer = type(task.preprocessor), type(task.preprocessor.tokenizer)
    with pytest.raises(TypeError, match=f"`nonsense` is no argument of {preprocessor.__name__}"):
        preprocessor(**{**task.preprocessor.get_config(), "nonsense": 1})
    with pytest.raises(TypeError, match=f"`nonsense` is no argument of {tokenizer.__name__}"):
        tokenizer(nonsense=1)
    with pytest.raises(ValueError, match="`trainable` must be a boolean, got 'no'"):
        backbone(**{**config(task.backbone), "trainable": "no"})
    task.save_to_preset(tmp_path / "preset")
    with pytest.raises(TypeError, match=f"`nonsense` is no argument of {app.__name__}"):
        app.from_preset(tmp_path / "preset", nonsense=1)


def test_a_class_of_ones_own(task, tmp_path):
    class Mine(type(task)):
        pass

    mine = Mine(task.backbone, task.preprocessor)
    mine.save_to_preset(tmp_path / "mine")
    again = Mine.from_preset(tmp_path / "mine")
    assert type(again) is Mine
    for weight, same in zip(again.weights, mine.weights, strict=True):
        np.testing.assert_array_equal(weight, same)
    with pytest.raises(ValueError, match="is of the class Mine, which is not known here"):
        zoo.load(str(tmp_path / "mine"))
    with keras.saving.custom_object_scope({"Mine": Mine}):
        assert type(zoo.load(str(tmp_path / "mine"))) is Mine


def test_a_backbone_of_ones_own(task, tmp_path):
    @keras.saving.register_keras_serializable("tests", f"My{type(task.backbone).__name__}")
    class Mine(type(task.backbone)):
        def __init__(self, *args, more=1, **kwargs):
            super().__init__(*args, **kwargs)
            self.more = more

    own = type(task)(Mine(**config(task.backbone), more=3), task.preprocessor)
    own.save_to_preset(tmp_path / "own")
    again = zoo.load(str(tmp_path / "own"))
    assert (type(again.backbone), again.backbone.more) == (Mine, 3)
    with pytest.raises(TypeError, match="`moer` is no argument of Mine"):
        Mine(**config(task.backbone), moer=3)


def test_a_backbone_that_is_not_known_is_named(task, tmp_path):
    class Mine(type(task.backbone)):
        pass

    type(task)(Mine(**config(task.backbone)), task.preprocessor).save_to_preset(tmp_path / "own")
    with pytest.raises(ValueError, match=r"is of the class Mine, which is not known here\. Import"):
        zoo.load(str(tmp_path / "own"))
    with keras.saving.custom_object_scope({"Mine": Mine}):
        assert type(zoo.load(str(tmp_path / "own")).backbone) is Mine


NEW_NAMES = {"tags": ["NOUN", "VERB"], "answers": ["glad", "sad"], "labels": ["glad", "sad", "so"]}


def test_a_new_head_keeps_what_the_task_has(task, tmp_path):
    """The arguments of a class of one's own, and whether it is frozen."""

    class Mine(type(task)):
        def __init__(self, *args, more=1, **kwargs):
            super().__init__(*args, **kwargs)
            self.more = more

        def get_config(self):
            return {**super().get_config(), "more": self.more}

    names = next((name for name in NEW_NAMES if hasattr(task, name)), None)
    if names is None:
        pytest.skip("it has no names of classes")
    Mine(task.backbone, task.preprocessor, more=7).save_to_preset(tmp_path / "mine")
    new = {names: NEW_NAMES[names]}
    again = Mine.from_preset(tmp_path / "mine", **new, trainable=False)
    assert (again.more, again.trainable_weights) == (7, [])
    assert Mine.from_preset(tmp_path / "mine", **new, name="x").name == "x"
    with pytest.raises(ValueError, match=f"`{names}` must be a list of"):
        Mine.from_preset(tmp_path / "mine", **{names: "bad"})


def test_a_vocabulary_of_another_length_is_refused(task):
    tokenizer = task.preprocessor.tokenizer
    if not hasattr(tokenizer, "set_vocabulary"):
        pytest.skip("its vocabulary is a SentencePiece model: see test_subword_tokenizer")
    words = tokenizer.get_vocabulary()
    with pytest.raises(ValueError, match=f"`vocabulary` must have {len(words)} ids as the model"):
        tokenizer.set_vocabulary([*words, "more"])
    tokenizer.set_vocabulary(words)


def encoded_batch(task, app):
    """What the network takes."""
    encoded = task.preprocessor(*one_batch(app))
    inputs, _, _ = keras.utils.unpack_x_y_sample_weight(encoded)
    return {name: inputs[name] for name in task.input}


def test_copies_by_keras(task, app, tmp_path):
    """Layer by layer, and of the network alone in a file."""
    inputs = encoded_batch(task, app)
    plain = keras.Model(task.input, task.output)
    plain.save(tmp_path / "plain.keras")
    copies = [keras.models.clone_model(task), keras.saving.load_model(tmp_path / "plain.keras")]
    for copy in copies:
        copy.set_weights(task.get_weights())
        keras.tree.map_structure(np.testing.assert_array_equal, copy(inputs), plain(inputs))


def test_no_examples_have_no_answers(task):
    nothing, rows = (tf.constant([], tf.string), tf.constant(["Aa bb", ""]))
    full = serve_any(task, *[rows] * len(task.serve_inputs))
    empty = serve_any(task, *[nothing] * len(task.serve_inputs))
    assert {name: (each.shape[0], each.dtype) for name, each in full.items()} == {
        name: (2, each.dtype) for name, each in empty.items()
    }
    assert all(each.shape[0] == 0 for each in empty.values())


def test_masks_are_arguments(task, app, monkeypatch):
    """None comes with a tensor, and Keras 3.16 takes none of its own recurrent layers'."""
    inputs = encoded_batch(task, app)
    expected = keras.Model(task.input, task.output)(inputs)
    for kind in (keras.layers.RNN, keras.layers.Bidirectional):
        monkeypatch.setattr(kind, "__init__", as_in_keras_3_16(kind.__init__))
    monkeypatch.setattr("keras.src.layers.layer.backend.set_keras_mask", lambda *args: None)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*does not support masking")
        copy = keras.models.clone_model(task)
        copy.set_weights(task.get_weights())
        keras.tree.map_structure(np.testing.assert_array_equal, copy(inputs), expected)


def as_in_keras_3_16(make):
    def make_without_masks(layer, *args, **kwargs):
        make(layer, *args, **kwargs)
        layer.supports_masking = False

    return make_without_masks


@contextlib.contextmanager
def policy(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_pure_policy_trains(app, dtype, tmp_path):
    own_and_others(APPS[app]["app"])
    with policy(dtype):
        task = recipe_of(app).build(tmp_path, None)
        before = task.backbone.get_weights()
        task.compile(run_eagerly=True)
        task.train_on_batch(*one_batch(app))
    assert {weight.dtype for weight in task.trainable_weights} == {dtype}
    assert all(np.all(np.isfinite(weight)) for weight in task.get_weights())
    assert any(map(np.any, map(np.not_equal, task.backbone.get_weights(), before)))


def test_a_preset_of_mixed_precision_loads(app, tmp_path):
    own_and_others(APPS[app]["app"])
    with policy("mixed_bfloat16"):
        made = recipe_of(app).build(tmp_path, None)
        made.save_to_preset(tmp_path / "preset")
    loaded = zoo.load(str(tmp_path / "preset"))
    assert {layer.dtype_policy.name for layer in loaded._flatten_layers() if layer.weights} == {
        "float32"
    }
    for one, other in zip(made.backbone.weights, loaded.backbone.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    again = zoo.load(str(tmp_path / "preset"), dtype="mixed_bfloat16")
    assert again.backbone.dtype_policy.name == "mixed_bfloat16"


def test_a_quantized_preset_loads(app, tmp_path):
    """It answers as the task that it was saved from; so does a `.keras` file."""
    own_and_others(APPS[app]["app"])
    task = recipe_of(app).build(tmp_path, None)
    inputs = encoded_batch(task, app)
    before = keras.tree.flatten(task(inputs))
    task.quantize("int8")
    expected = keras.tree.flatten(task(inputs))
    assert not all(np.array_equal(*pair) for pair in zip(before, expected))
    task.save_to_preset(tmp_path / "preset")
    task.save(tmp_path / "task.keras")
    loaded = keras.saving.load_model(tmp_path / "task.keras")
    modes = [layer.quantization_mode for layer in task._flatten_layers()]
    assert "int8" in modes
    for again in (zoo.load(tmp_path / "preset"), loaded):
        assert [layer.quantization_mode for layer in again._flatten_layers()] == modes
        for pair in zip(keras.tree.flatten(again(inputs)), expected):
            np.testing.assert_allclose(*pair, 1e-5, 1e-6)


def test_one_example_without_a_batch(task, app):
    """Preprocessed, it is what it is in a batch of its own; in `tf.data`, too."""
    one = examples(APPS[app]["app"], ("Aa", "bb", "cc")).take(1)
    ((x, y),) = one
    single = task.preprocessor(x, y)
    (mapped,) = one.map(task.preprocessor)
    (batch,) = one.ragged_batch(1).map(task.preprocessor)
    plain, (inputs, *_) = task.preprocessor(as_python(x)), batch
    for name in set(plain) - {"target_ids"}:  # which come from `y`
        np.testing.assert_array_equal(plain[name], inputs[name][0])
    for found in (single, mapped):
        for a, b in zip(tf.nest.flatten(found), tf.nest.flatten(batch), strict=True):
            np.testing.assert_array_equal(a, b[0])


def as_python(x):
    """Raw input as strings: words are a text."""
    if isinstance(x, dict):
        return {name: np.asarray(value).astype(str).tolist() for name, value in x.items()}
    return " ".join(np.atleast_1d(np.asarray(x).astype(str)))


def test_a_story_in_one_string_has_sentences():
    preprocessor = apps.QuestionAnsweringPreprocessor(
        apps.WordTokenizer(["mary", "went", "john", "left", "where"]),
        ["garden", "office"],
        story_length=3,
    )
    lists = {"story": [["Mary went.", "John left."]], "question": ["Where?"]}
    text = {**lists, "story": ["Mary went. John left."]}
    one = {"story": "Mary went. John left.", "question": "Where?"}
    expected = preprocessor(lists)["story_ids"]
    np.testing.assert_array_equal(preprocessor(text)["story_ids"], expected)
    np.testing.assert_array_equal(preprocessor(one)["story_ids"], expected[0])


def test_the_parts_of_a_preset_load_by_themselves(task, tmp_path):
    task.save_to_preset(tmp_path / "preset")
    for part in (task.preprocessor, task.preprocessor.tokenizer):
        again = type(part).from_preset(str(tmp_path / "preset"))
        assert type(again) is type(part)
        assert again.get_config() == part.get_config()
    assert again.get_vocabulary() == task.preprocessor.tokenizer.get_vocabulary()
    for other in (apps.WordTokenizer, apps.SubwordTokenizer):
        if not isinstance(again, other):
            with pytest.raises(ValueError, match=f"must have a {other.__name__}, got"):
                other.from_preset(str(tmp_path / "preset"))
