"""Search spaces: all they give is of the recipe, and they can be narrowed and extended."""

import keras_tuner
import pytest

from apps import registry
from apps.core.space import optimization
from apps.recipes import read_recipe
from tuning.plan import make_plan
from tuning.spaces import suggest

CORPORA = {
    "question_answering": "babi_10k_qa1",
    "sentiment": "sst2",
    "tagging": "wnut17",
    "translation": "pig_latin",
}


def recipe_of(app, **more):
    return {"name": "mine", "app": app, "data": {"name": CORPORA[app]}, **more}


def tunable(recipe):
    """Names of the hyper-parameters that have more than one value."""
    space = make_plan(recipe, **{}).hyperparameters().space
    return {
        each.name
        for each in space
        if not isinstance(each, keras_tuner.engine.hyperparameters.Fixed)
    }


@pytest.mark.parametrize("app", registry.names())
@pytest.mark.parametrize("seed", range(8))
def test_any_values_make_a_recipe(app, seed):
    plan = make_plan(recipe_of(app))
    hp = plan.hyperparameters()
    for number, each in enumerate(hp.space):
        hp.values.pop(each.name, None)
        if hp.is_active(each):
            hp.values[each.name] = each.random_sample(100 * seed + number)
    values = plan.values(hp)
    recipe = plan.recipe_with(values)
    for place, value in values.items():
        section, _, field = place.partition(".")
        found = getattr(getattr(recipe, section), field)
        assert found == (pytest.approx(value, rel=1e-3) if isinstance(value, float) else value)


def test_conditions_leave_out_what_has_no_use():
    plan = make_plan(recipe_of("question_answering"))
    hp = plan.hyperparameters()
    hp.values["network.kind"] = "entity_network"
    hp.values["network.slots"] = 10
    names = set(plan.values(hp))
    assert "network.slots" in names
    assert not names & {"network.hops", "network.embedding_dim"}


def test_a_change_fixes_narrows_and_extends():
    hp = keras_tuner.HyperParameters()
    changes = {
        "fit.optimizer": "sgd",
        "fit.batch_size": [4, 8],
        "fit.learning_rate": {"min": 0.1, "max": 0.2},
        "fit.epochs": {"min": 2, "max": 6, "step": 2},
        "fit.clipnorm": None,
    }
    values = suggest(hp, optimization, changes)
    assert values["fit.optimizer"] == "sgd"
    assert values["fit.clipnorm"] is None
    ranges = {each.name: each for each in hp.space}
    assert ranges["fit.batch_size"].values == [4, 8]
    assert (ranges["fit.learning_rate"].min_value, ranges["fit.learning_rate"].sampling) == (
        0.1,
        "linear",
    )
    assert {ranges["fit.epochs"].random_sample(seed) for seed in range(30)} == {2, 4, 6}
    assert len(hp.space) == len(ranges)  # nothing stands there twice


def test_a_change_of_what_stands_under_a_condition():
    plan = make_plan(
        recipe_of("tagging"), {"network.char_units": 48, "network.char_encoder": "cnn"}
    )
    assert plan.values(plan.hyperparameters())["network.char_units"] == 48
    plan = make_plan(recipe_of("tagging"), {"network.char_encoder": None})
    values = plan.values(plan.hyperparameters())
    assert values["network.char_encoder"] is None
    assert "network.char_units" not in values


def test_changes_of_what_stands_under_a_condition_stay_there():
    plan = make_plan(recipe_of("question_answering"), {"network.slots": [5, 7], "network.hops": 2})
    hp = plan.hyperparameters()
    values = plan.values(hp)
    assert values["network.hops"] == 2
    assert "network.slots" not in values
    hp.values["network.kind"] = "entity_network"
    hp.values["network.slots"] = 7
    values = plan.values(hp)
    assert values["network.slots"] == 7
    assert "network.hops" not in values


def test_the_recipe_s_own_values_are_among_the_choices():
    recipe = recipe_of("sentiment", network={"units": 200}, fit={"batch_size": 48})
    plan = make_plan(recipe)
    hp = plan.hyperparameters()
    own = plan.own_values(hp)
    assert (own["network.units"], own["fit.batch_size"]) == (200, 48)
    plan = make_plan(recipe, {"network.units": [8, 16]})
    assert "network.units" not in plan.own_values(plan.hyperparameters())


def test_ranges_have_the_type_of_their_field():
    changes = {
        "head.dropout": {"min": 0, "max": 0.5, "step": 0.1},
        "network.units": {"min": 16, "max": 256, "log": True},
    }
    hp = make_plan(recipe_of("sentiment"), changes).hyperparameters()
    kinds = {each.name: type(each).__name__ for each in hp.space}
    assert (kinds["head.dropout"], kinds["network.units"]) == ("Float", "Int")


def test_tuples_are_lists():
    plan = make_plan(recipe_of("sentiment"), {"network.units": (4, 8)})
    assert plan.space["network.units"] == [4, 8]


def test_a_start_settles_the_sizes():
    names = tunable(recipe_of("sentiment", start_from="sentiment_imdb"))
    assert {name for name in names if name.startswith("network.")} == {
        "network.word_dropout",
        "network.embedding_dropout",
        "network.dropout",
    }
    assert {"fit.learning_rate", "head.pooling"} <= names
    with pytest.raises(ValueError, match=r"must not have \['network.units'\], which `start_from`"):
        make_plan(recipe_of("sentiment", start_from="sentiment_imdb"), {"network.units": [8]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fit.optimizer": ["adam", "adamx"]}, "`fit.optimizer`: .*got 'adamx'"),
        ({"head.dropout": {"min": 0.0, "max": 1.5}}, "`head.dropout`: .*got 1.5"),
        ({"network.unit": 8}, "unknown hyper-parameter 'network.unit'; did you mean network.units"),
        ({"name": "x"}, "unknown hyper-parameter 'name'"),
        ({"network.units": {"min": 9, "max": 3}}, r'must be a range \{"min": LOW'),
        ({"network.units": {"min": 1, "max": 3, "steps": 1}}, "must be a range"),
        ({"network.units": []}, "must be a list of numbers or of names"),
        ({"network.units": [8, "x"]}, "must be a list of numbers or of names"),
        ({"network.units": 8.5}, "`network.units`: .*got 8.5"),
        ({"network.units": object()}, "must be a value, a list or a range"),
        ([1], "must be a dictionary"),
    ],
)
def test_wrong_changes(changes, message):
    with pytest.raises(ValueError, match=message):
        make_plan(recipe_of("sentiment"), changes)


def test_changes_from_a_file(tmp_path):
    file = tmp_path / "space.json"
    file.write_text('{"network.units": [8, 16]}')
    assert make_plan(recipe_of("sentiment"), file).space == {"network.units": [8, 16]}
    file.write_text("{")
    with pytest.raises(ValueError, match=r"`space` .*space\.json is not JSON"):
        make_plan(recipe_of("sentiment"), file)
    with pytest.raises(FileNotFoundError, match="`space` names a file"):
        make_plan(recipe_of("sentiment"), tmp_path / "none.json")


def test_objectives():
    assert make_plan(recipe_of("sentiment")).objective == "accuracy"
    assert make_plan(recipe_of("tagging")).objective == "f1"
    assert make_plan(recipe_of("translation")).objective == "bleu"
    with pytest.raises(ValueError, match=r"`objective` of sentiment on sst2 must be one of .*'f1'"):
        make_plan(recipe_of("sentiment"), objective="f1")


def test_a_tenth_is_held_out_unless_the_recipe_says_otherwise():
    assert make_plan(recipe_of("sentiment")).recipe["data"]["holdout"] == 692
    recipe = recipe_of("sentiment")
    recipe["data"]["holdout"] = 50
    assert make_plan(read_recipe(recipe)).recipe["data"]["holdout"] == 50
