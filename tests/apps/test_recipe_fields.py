"""What a recipe says is what is built and how it is trained: no field is without effect."""

import dataclasses
import types

import keras
import numpy as np
import pytest

from apps.recipes import RECIPES, read_recipe
from apps.recipes.reading import section_classes
from apps.training import stages
from apps.training.from_recipe import open_run
from tests.apps.own_corpora import APPS, forget_corpora, own_and_others, recipe_of

LEARNT = {"splits", "vocabulary_size", "min_count", "lowercase", "kind"}  # of a vocabulary

# The fields whose effect is on other files, and the tests that have it.
ELSEWHERE = {
    "name": "test_training.test_the_folder_is_a_preset_with_recipe_and_card",
    "app": "test_recipe.test_recipes_of_the_presets_are_complete",
    "description": "test_training.test_the_folder_is_a_preset_with_recipe_and_card",
    "licence": "test_training.test_the_folder_is_a_preset_with_recipe_and_card",
    "start_from": "test_training.test_a_preset_starts_from_another",
    "data.options": "datasets.test_loading.test_sst_binary_and_fine",
    "data.report": "test_translation_recipes.test_figures_of_both_parts",
}


@pytest.fixture(autouse=True)
def no_corpora_stay():
    yield
    forget_corpora()


@pytest.mark.parametrize("app", APPS)
def test_the_app_is_that_of_the_recipe(app, tmp_path):
    own_and_others(APPS[app]["app"])
    recipe = recipe_of(app)
    task = recipe.build(tmp_path, None)
    configs = {
        "preprocessor": task.preprocessor.get_config(),
        "network": {**task.backbone.get_config(), "kind": recipe.network.model_dump().get("kind")},
        "head": task.get_config(),
    }
    for section, fields in APPS[app].items():
        if section in configs:
            for name in set(fields) - (LEARNT if section == "preprocessor" else set()):
                assert configs[section][name] == fields[name], f"{section}.{name}"
    kinds = {"entity_network": "EntityNetwork", "story_gru": "StoryGRU"}
    kinds |= {"tensor_product": "TensorProductNetwork"}
    if "kind" in recipe.network.model_dump():
        assert type(task.backbone).__name__ == kinds[recipe.network.kind]


def vocabulary(app, tmp_path, **changes):
    recipe = recipe_of(app, preprocessor={**APPS[app]["preprocessor"], **changes})
    folder = tmp_path / "-".join(map(str, changes))
    folder.mkdir()
    return set(recipe.build(folder, None).preprocessor.tokenizer.get_vocabulary())


@pytest.mark.parametrize("app", ["sentiment", "tagging", "tensor products"])
def test_the_words_are_those_that_the_recipe_asks_for(app, tmp_path):
    own_and_others(APPS[app]["app"])
    words = vocabulary(app, tmp_path, vocabulary_size=100)
    assert words == {"[PAD]", "[UNK]", "Aa", "bb", "cc", "dd", "ee", "ff"}
    assert len(vocabulary(app, tmp_path, vocabulary_size=4, min_count=2)) == 4
    rarest = 3 if APPS[app]["app"] != "question_answering" else 5  # "cc" stands 2 or 4 times
    more = {"vocabulary_size": 100, "splits": ["train"]}
    assert vocabulary(app, tmp_path, **more, min_count=rarest) == words - {"cc", "dd", "ee", "ff"}
    assert "aa" in vocabulary(app, tmp_path, **more, lowercase=True)


def test_the_subwords_are_those_that_the_recipe_asks_for(tmp_path):
    own_and_others("translation")
    letters = vocabulary("translation", tmp_path, vocabulary_size=40)
    assert set("Aabcdef") < letters
    assert len(vocabulary("translation", tmp_path, vocabulary_size=9, kind="char")) == 9
    assert "d" not in vocabulary("translation", tmp_path, vocabulary_size=41, splits=["train"])
    assert any(
        len(piece) == 2
        for piece in vocabulary("translation", tmp_path, kind="bpe", vocabulary_size=15)
        if piece[0] in "bcdef"
    )


# Another value for each field of how it is trained, beside the one it has in `BASE`.
BASE = {
    "data": {"name": "own", "holdout": 1},
    "pretraining": {"splits": ["train"], "epochs": 1, "window": 2, "batch_size": 2, "samples": 5},
    "fit": {"epochs": 20, "batch_size": 2, "warmup_steps": 2, "optimizer": "adam"},
    "seed": 0,
}
CHANGES = {
    "seed": 1,
    "data.name": "others",
    "data.holdout": 3,
    "data.extra": {"others": {"X": "X"}},
    "data.repeat": {"others": 2},
    "pretraining.splits": ["train", "others/train"],
    "pretraining.epochs": 2,
    "pretraining.batch_size": 3,
    "pretraining.window": 3,
    "pretraining.samples": 7,
    "pretraining.dropout": 0.2,
    "pretraining.learning_rate": 0.1,
    "fit.epochs": 21,
    "fit.batch_size": 3,
    "fit.optimizer": "rmsprop",
    "fit.beta_1": 0.5,
    "fit.beta_2": 0.5,
    "fit.learning_rate": 0.1,
    "fit.schedule": "constant",
    "fit.warmup_steps": 1,
    "fit.weight_decay": 0.1,
    "fit.clipnorm": 0.5,
    "fit.patience": 9,
}


class Seen(Exception):
    """Carries what `fit` was called with, in the place of a training."""


@dataclasses.dataclass(frozen=True)
class SpiedRun(stages.Run):
    def fit(self, model, data, *, steps_per_epoch, epochs, callbacks, **kwargs):
        config = model.optimizer.get_config()
        del config["name"]
        schedule = model.optimizer._learning_rate
        stopping = [each for each in callbacks if isinstance(each, keras.callbacks.EarlyStopping)]
        language_model = {
            "samples": getattr(getattr(model, "sampled_softmax", None), "samples", None),
            "dropout": getattr(getattr(model, "dropout", None), "rate", None),
        }
        raise Seen(
            {
                "optimizer": (type(model.optimizer).__name__, config),
                "rates": [float(schedule(step)) for step in range(steps_per_epoch * epochs)],
                "epochs": (steps_per_epoch, epochs),
                "patience": [each.patience for each in stopping],
                "batches": [str(batch) for batch in data.take(steps_per_epoch)],
                **language_model,
            }
        )


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """An app by the name of its task, with a vocabulary of both corpora."""
    made = {}
    for app in ("sentiment", "tagging", "tensor products"):
        own_and_others(APPS[app]["app"])
        network = {**APPS[app]["network"], "bidirectional": True}
        network = network if app != "tensor products" else APPS[app]["network"]
        folder = tmp_path_factory.mktemp("run")
        made[APPS[app]["app"]] = recipe_of(app, network=network).build(folder, None)
    return made


@pytest.fixture(scope="module")
def bases():
    """What is seen without a change, once it was looked at."""
    return {}


def observed(step, name, task_name, tasks, folder):
    """What is seen of a step of a training with another value of a field, or of `BASE` itself."""
    app = {"question_answering": "tensor products"}.get(task_name, task_name)
    sections = {**BASE} if step == "pretraining" else {**BASE, "pretraining": None}
    section, _, field = (name or "").rpartition(".")
    if section:
        sections[section] = {**BASE[section], field: CHANGES[name]}
    elif name:
        sections[field] = CHANGES[name]
    recipe = recipe_of(app, **sections)
    run = SpiedRun(**vars(open_run(recipe, folder, verbose=0)))
    step = stages.pretrain if step == "pretraining" else stages.fit
    with pytest.raises(Seen) as seen:
        step(recipe, tasks[task_name], run)
    return seen.value.args[0]


@pytest.mark.parametrize("name", CHANGES)
def test_each_field_of_the_training_has_an_effect(name, tasks, bases, tmp_path):
    task_name = {"data.extra": "tagging", "data.repeat": "question_answering"}
    task_name = task_name.get(name, "sentiment")
    own_and_others(task_name)
    base = "pretraining" if name.startswith("pretraining") else "fit"
    if (base, task_name) not in bases:
        bases[base, task_name] = observed(base, None, task_name, tasks, tmp_path / "base")
    found = observed(base, name, task_name, tasks, tmp_path / "changed")
    assert found != bases[base, task_name]


def test_a_corpus_is_read_as_often_as_the_recipe_says(tasks, tmp_path):
    own_and_others("question_answering")
    recipe = recipe_of("tensor products", data={"name": "own", "repeat": {"others": 2}})
    train, held_out = stages.training_data(recipe, open_run(recipe, tmp_path, verbose=0))
    assert (len(train), held_out) == (6 + 2 * 6, None)
    questions = [x["question"].numpy() for x, _ in train]
    assert questions.count(b"dd") == 2 * questions.count(b"Aa") == 4


def test_the_logs_have_the_largest_rate_of_each_epoch():
    """The warm-up of 100 of 2,000 steps ends within the third epoch of 40."""
    section = read_recipe({**_SENTIMENT, "fit": {"learning_rate": 0.1}}).fit
    schedule = stages._optimizer(section, 2000)._learning_rate
    callback = stages._LargestRate(40, stages._warmup_steps(section, 2000))
    callback.set_model(
        types.SimpleNamespace(optimizer=types.SimpleNamespace(_learning_rate=schedule))
    )
    for epoch in range(50):
        logs = {}
        callback.on_epoch_end(epoch, logs)
        steps = range(40 * epoch, 40 * epoch + 40)
        assert logs["learning_rate"] == max(float(schedule(step)) for step in steps)


def rates(steps, **options):
    """The learning rate of each step."""
    section = read_recipe({**_SENTIMENT, "fit": {"learning_rate": 0.1, **options}}).fit
    schedule = stages._optimizer(section, steps)._learning_rate
    return [float(schedule(step)) for step in range(steps + 1)]


_SENTIMENT = {"name": "rates", "app": "sentiment", "data": {"name": "sst2"}}


def test_a_constant_rate_rises_and_stays():
    found = rates(40, schedule="constant", warmup_steps=4)
    np.testing.assert_allclose(found[:5], [0, 0.025, 0.05, 0.075, 0.1], atol=1e-7)
    np.testing.assert_allclose(found[4:], 0.1, rtol=1e-6)


def test_a_cosine_rises_and_falls_to_zero():
    found = rates(40, schedule="cosine", warmup_steps=4)
    np.testing.assert_allclose(found[:5], [0, 0.025, 0.05, 0.075, 0.1], atol=1e-7)
    expected = 0.1 * (1 + np.cos(np.pi * np.arange(37) / 36)) / 2
    np.testing.assert_allclose(found[4:], expected, atol=1e-7)


@pytest.mark.parametrize("steps", [1, 9, 10, 25, 480, 1000, 2000])
def test_by_default_a_tenth_of_a_short_training_is_warm_up(steps):
    """The rate of the recipe is reached, and a constant one stays there."""
    found = rates(steps, schedule="constant")
    warm = min(100, steps // 10)
    np.testing.assert_allclose(found[warm:], 0.1, rtol=1e-6)
    assert all(rate < 0.0999 for rate in found[:warm])
    assert max(rates(steps, schedule="cosine")) == pytest.approx(0.1)


def test_a_warm_up_of_more_than_a_tenth_is_refused():
    message = r"`fit.warmup_steps` must be at most 2, a tenth of the 25 steps .*, got 3"
    with pytest.raises(ValueError, match=message):
        rates(25, warmup_steps=3)
    assert max(rates(25, warmup_steps=2)) == pytest.approx(0.1)


def fields_of(section, prefix=""):
    for name, field in section.model_fields.items():
        inner = section_classes(field.annotation)
        if not inner:
            yield prefix + name
        for each in inner:
            yield from fields_of(each, f"{prefix}{name}.")


def test_no_field_is_left_out():
    described = {
        (fields["app"], f"{section}.{name}")
        for fields in APPS.values()
        for section in ("preprocessor", "network", "head")
        for name in fields.get(section, {})
    }
    for app, kind in RECIPES.items():
        for name in set(fields_of(kind)) - set(CHANGES) - set(ELSEWHERE):
            assert name == "pretraining" or (app, name) in described, f"{app}: {name}"
