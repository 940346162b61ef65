"""The search in one process: from trials to a preset, over kills and failures."""

import json
import math
import os
import re
import signal
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_search import RECIPE, SPACE

import tuning
import zoo
from apps import SentimentClassifier, Tagger, datasets
from apps.recipes import read_recipe
from apps.training.from_recipe import learn, open_run
from tests.processes import started
from tuning import read_trials, search
from tuning.report import read_trial
from tuning.trial_logs import read_log
from tuning.trials import copy_run


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A search of three trials, its folder, and what it reported."""
    folder, told = tmp_path_factory.mktemp("searches") / "search", []
    result = search(
        RECIPE, space=SPACE, algorithm="random", max_trials=3, directory=folder, report=told.append
    )
    return result, folder, told


def test_the_best_trial_becomes_a_preset(found):
    result, folder, told = found
    assert [trial.trial_id for trial in told] == ["0", "1", "2"]
    assert result.best == max(told, key=lambda trial: trial.objective) == result.trials[0]
    classifier = zoo.load(result.preset)
    assert isinstance(classifier, SentimentClassifier)
    validation = datasets.load("uci_sentiment_sample", "validation")
    figures = classifier.measure(validation)
    assert result.metrics["metrics"]["validation_accuracy"] == pytest.approx(
        figures["accuracy"], abs=1e-4
    )
    assert result.metrics["search"]["trials"] == 3
    card = (folder / "preset" / "README.md").read_text("utf-8")
    assert "the best of 3 trials (random) by accuracy" in card
    assert f"± {result.metrics['search']['standard_error']:.2g} (standard error) there" in card


def test_the_figure_of_a_trial_has_its_standard_error(found):
    """Of 96 texts: about that of a binomial."""
    result, _, _ = found
    best = result.best
    assert len(best.parts) == 10
    assert best.learning_rate == pytest.approx(best.values["fit.learning_rate"], rel=1e-5)
    assert np.mean(best.parts) == pytest.approx(best.objective, abs=0.01)
    binomial = (best.objective * (1 - best.objective) / 96) ** 0.5
    assert 0.4 * binomial < best.standard_error < 2 * binomial


def test_the_preset_has_the_weights_of_the_trial(found):
    """What is held out gives the trial's own figure again, with the stored weights."""
    result, _, _ = found
    held_out = datasets.load("uci_sentiment_sample", "train").take(96)
    figures = zoo.load(result.preset).measure(held_out)
    assert figures["accuracy"] == pytest.approx(result.best.objective, abs=1.1 / 96)


def test_the_first_trial_has_the_values_of_the_recipe(found):
    _, _, told = found
    values = told[0].values
    assert (values["network.units"], values["fit.batch_size"]) == (8, 64)
    assert values["fit.learning_rate"] == pytest.approx(0.01)
    assert (values["head.pooling"], values["head.dropout"]) == ("max", 0.5)


def test_the_preset_s_recipe_makes_it_again(found, tmp_path):
    from apps.training import train

    result, folder, _ = found
    metrics = train(folder / "preset" / "recipe.json", tmp_path / "again", run_dir=tmp_path / "run")
    assert metrics["metrics"] == pytest.approx(result.metrics["metrics"], abs=1e-3)


def test_tensorboard_has_values_and_figures_of_each_trial(found):
    _, folder, told = found
    for trial in told:
        values, figures = read_log(folder / "trials" / f"trial_{trial.trial_id}")
        assert values == trial.values
        assert figures["objective"] == pytest.approx(trial.objective)
        log = folder / "trials" / f"trial_{trial.trial_id}" / "run" / "logs" / "fit"
        assert {"train", "validation"} <= {each.name for each in log.iterdir()}  # the curves


def hparams(folder):
    """What TensorBoard's HParams plugin reads of a search: its experiment, its session groups."""
    from tensorboard import context as tb_context
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

    runs = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(runs, str(folder))
    context = backend_context.Context(TBContext(data_provider=provider))
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=100, allowed_statuses=list(api_pb2.Status.values())
    )
    asked = tb_context.RequestContext()
    groups = list_session_groups.Handler(asked, context, "", request).run().session_groups
    metadata = context.hparams_metadata(asked, "")
    return context.experiment_from_metadata(asked, "", True, metadata, []), groups


def statuses(groups):
    from tensorboard.plugins.hparams import api_pb2

    return [api_pb2.Status.Name(session.status) for each in groups for session in each.sessions]


def test_hparams_plugin_finds_all_trials(found):
    """By the plugin's own reader, as its table and its parallel coordinates ask it."""
    _, folder, told = found
    experiment, groups = hparams(folder)
    assert len(groups) == 3
    objectives = sorted(
        metric.value
        for group in groups
        for metric in group.metric_values
        if metric.name.tag == "objective"
    )
    assert objectives == pytest.approx(sorted(trial.objective for trial in told))
    assert statuses(groups) == ["STATUS_SUCCESS"] * 3
    assert experiment.metric_infos[0].display_name == "accuracy"


def test_again_it_adds_nothing_and_with_more_trials_it_goes_on(found):
    _, folder, _ = found
    again, more = [], []
    search(
        RECIPE, space=SPACE, algorithm="random", max_trials=3, directory=folder, report=again.append
    )
    assert again == []
    result = search(
        RECIPE, space=SPACE, algorithm="random", max_trials=4, directory=folder, report=more.append
    )
    assert [trial.trial_id for trial in more] == ["3"]
    assert len(result.trials) == 4


def test_another_search_is_refused(found):
    _, folder, _ = found
    before = sorted(folder.rglob("*"))
    with pytest.raises(ValueError, match="has another search: its algorithm, seed differ"):
        search(RECIPE, space=SPACE, algorithm="hyperband", seed=2, directory=folder)
    assert sorted(folder.rglob("*")) == before


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(ValueError, match="must be new, empty or that of this search"):
        search(RECIPE, directory=tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]


def best_near(units):
    """An accuracy that is the best for some number of units."""
    return lambda recipe: math.exp(-abs(math.log(recipe.network.units / units)))


def test_hyperband_lets_the_best_go_on(tmp_path, scripted):
    scripted(best_near(units=20))
    recipe = {**RECIPE, "fit": {**RECIPE["fit"], "epochs": 9}}
    space = {**SPACE, "network.units": {"min": 4, "max": 200, "log": True}}
    result = search(
        recipe, space=space, algorithm="hyperband", max_trials=30, directory=tmp_path / "search"
    )
    files = sorted((tmp_path / "search").glob("trials/*/trial.json"))
    trials = {json.loads(file.read_text())["trial_id"]: file for file in files}
    values = {
        trial_id: json.loads(file.read_text())["hyperparameters"]["values"]
        for trial_id, file in trials.items()
    }
    assert values[result.best.trial_id]["tuner/epochs"] == 9
    assert {1, 3, 9} == {each["tuner/epochs"] for each in values.values()}
    promoted = {
        trial_id: each["tuner/trial_id"]
        for trial_id, each in values.items()
        if each.get("tuner/trial_id")
    }
    first = [each for each in values if values[each]["tuner/bracket"] == 2]
    first = [each for each in first if values[each]["tuner/round"] == 0]
    objective = {trial.trial_id: trial.objective for trial in result.trials}
    best = sorted(first, key=objective.get, reverse=True)
    went_on = [before for before in promoted.values() if before in first]
    assert went_on == best[: len(went_on)]
    for trial_id, before in promoted.items():  # with the epochs that it had, and the others
        rows, old_rows = (
            (trials[each].parent / "run/fit.csv").read_text().splitlines()
            for each in (trial_id, before)
        )
        assert rows[: len(old_rows)] == old_rows
        assert len(rows) - 1 == values[trial_id]["tuner/epochs"] > len(old_rows) - 1
    assert result.metrics["search"]["algorithm"] == "hyperband"


def test_a_copy_of_a_run_goes_on_where_it_was(tmp_path):
    """As a trial of Hyperband does; what it was copied from stays as it is."""
    recipe = read_recipe(RECIPE)
    first = open_run(recipe, tmp_path / "first/run", verbose=0, epochs=1)
    learn(recipe, first)
    before = (first.folder / "fit.csv").read_text()
    copy_run(tmp_path / "first", tmp_path / "second")
    second = open_run(recipe, tmp_path / "second/run", verbose=0)
    learn(recipe, second)
    log = (second.folder / "fit.csv").read_text()
    assert (first.folder / "fit.csv").read_text() == before
    whole = open_run(recipe, tmp_path / "whole", verbose=0)
    learn(recipe, whole)
    assert log == (whole.folder / "fit.csv").read_text()  # order and dropout, too


def test_bayesian_search_of_an_error(tmp_path, scripted):
    """It finds the least, with what the first trials tell."""
    scripted(best_near(units=77))
    space = {**SPACE, "network.units": {"min": 4, "max": 400}}
    told = []
    result = search(
        RECIPE,
        space=space,
        objective="error",
        max_trials=12,
        directory=tmp_path / "search",
        report=told.append,
    )
    errors = [trial.objective for trial in result.trials]
    assert errors == sorted(errors)
    assert len(errors) == len(told) == 12
    for trial in told:
        accuracy = math.exp(-abs(math.log(trial.values["network.units"] / 77)))
        assert trial.objective == pytest.approx(1 - accuracy)
    distances = [abs(trial.values["network.units"] - 77) for trial in told]
    assert min(distances[4:]) <= 8 < min(distances[:4])  # the first four are at random


def test_trials_that_are_too_big_are_noted_and_passed_over(tmp_path, capfd, scripted):
    scripted(best_near(units=1000), build=True)
    result = search(
        RECIPE,
        space={**SPACE, "network.units": [8, 64], "fit.epochs": 1},
        algorithm="random",
        max_parameters=20_000,
        max_trials=3,
        directory=tmp_path / "search",
        seed=5,
    )
    reasons = {trial.reason for trial in result.trials if trial.status == "failed"}
    assert reasons
    assert all(
        re.fullmatch(r"skipped: \d+,\d+ parameters, more than 20,000", each) for each in reasons
    )
    assert result.best.values["network.units"] == 8
    _, groups = hparams(tmp_path / "search")
    assert set(statuses(groups)) == {"STATUS_SUCCESS", "STATUS_FAILURE"}
    assert "Traceback" not in capfd.readouterr().err


def test_a_loss_that_is_no_number_fails_a_trial(tmp_path):
    space = {**SPACE, "fit.learning_rate": 3e38, "fit.clipnorm": None, "fit.warmup_steps": 0}
    with pytest.raises(RuntimeError, match="trial 0: the loss became NaN or infinite"):
        search(RECIPE, space=space, max_trials=1, directory=tmp_path / "search")


def test_a_trial_out_of_memory_is_survived(tmp_path, monkeypatch, scripted):
    from tuning import trials

    scripted(best_near(units=8))
    learn, calls = trials.learn, []

    def scarce(*args):
        calls.append(args)
        if len(calls) == 1:
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        return learn(*args)

    monkeypatch.setattr(trials, "learn", scarce)
    result = search(
        RECIPE, space={**SPACE, "fit.epochs": 1}, max_trials=2, directory=tmp_path / "search"
    )
    assert [trial.reason for trial in result.trials] == ["", "out of memory"]


def test_no_trial_that_ends_well_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match=r"No trial of the search .* skipped: .* parameters"):
        search(RECIPE, space=SPACE, max_parameters=10, max_trials=2, directory=tmp_path / "search")
    assert not (tmp_path / "search" / "preset").exists()


def test_a_model_that_is_too_slow_or_too_large_is_skipped(tmp_path):
    with pytest.raises(RuntimeError, match="examples a second, fewer than 1e\\+12"):
        search(
            RECIPE,
            space=SPACE,
            min_examples_per_second=1e12,
            max_trials=1,
            directory=tmp_path / "slow",
        )
    with pytest.raises(RuntimeError, match=r"MB, more than 0\.001"):
        search(RECIPE, space=SPACE, max_megabytes=0.001, max_trials=1, directory=tmp_path / "large")


def test_minutes_end_it_and_more_go_on(tmp_path, scripted):
    scripted(best_near(units=8))
    folder = tmp_path / "search"
    with pytest.raises(RuntimeError, match="No trial of the search"):
        search(RECIPE, space=SPACE, max_trials=1, max_minutes=1e-6, directory=folder)
    result = search(RECIPE, space=SPACE, max_trials=1, directory=folder)
    assert result.best.status == "done"


def search_at_random(recipe, folder):
    return search(recipe, space=SPACE, algorithm="random", max_trials=2, directory=folder)


def test_killed_in_mid_trial_it_goes_on_where_it_stopped(tmp_path):
    folder, whole = tmp_path / "search", tmp_path / "whole"
    recipe = {**RECIPE, "fit": {**RECIPE["fit"], "epochs": 6, "patience": 6}}
    log = folder / "trials" / "trial_0" / "run" / "fit.csv"
    with started(search_at_random, recipe, folder, output=tmp_path / "output") as process:
        until = time.monotonic() + 240
        while not log.exists() or len(log.read_text().splitlines()) < 3:
            assert time.monotonic() < until
            assert process.is_alive(), (tmp_path / "output").read_text()
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert len(log.read_text().splitlines()) - 1 < 6
    result = search_at_random(recipe, folder)
    again = search_at_random(recipe, whole)
    for trial in ("trial_0", "trial_1"):
        logs = [
            (each / "trials" / trial / "run" / "fit.csv").read_text() for each in (folder, whole)
        ]
        assert logs[0] == logs[1]
    assert [trial.parts for trial in result.trials] == [trial.parts for trial in again.trials]
    assert result.metrics["metrics"] == again.metrics["metrics"]


def test_data_in_memory(tmp_path):
    def examples(count):
        texts = ["a fine film", "a bad film", "fine , fine film !", "bad , bad film !"]
        texts = [f"{text} {number}" for number in range(count) for text in texts]
        return tf.data.Dataset.from_tensor_slices((texts, [1, 0, 1, 0] * count))

    result = search(
        SentimentClassifier,
        examples(16),
        examples(2),
        space={**SPACE, "fit.epochs": 8, "fit.learning_rate": 0.1, "fit.warmup_steps": 0},
        max_trials=1,
        directory=tmp_path / "search",
    )
    assert result.metrics["metrics"]["validation_accuracy"] == 1.0
    assert [answer.label for answer in zoo.load(result.preset).classify(["a fine film"])] == [
        "positive"
    ]


def test_tags_in_memory(tmp_path):
    numbers = map(str, range(20))
    words = [each for n in numbers for each in (["Ada", "met", "Bob", n], ["in", "Paris", n])]
    words = tf.ragged.constant(words)
    tags = tf.ragged.constant([["B-PER", "O", "B-PER", "O"], ["O", "B-LOC", "O"]] * 20)
    examples = tf.data.Dataset.from_tensor_slices((words, tags)).map(lambda x, y: (x, y))
    space = {name: value for name, value in SPACE.items() if name != "network.cell"}
    result = search(
        Tagger,
        examples,
        examples,
        space={**space, "fit.epochs": 8},
        max_trials=1,
        directory=tmp_path / "search",
    )
    assert result.metrics["search"]["objective"] == "f1"
    assert set(zoo.load(result.preset).tags) == {"O", "B-PER", "B-LOC"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("sentimant",),
            "`app` must be an app or a recipe, got 'sentimant'; did you mean sentiment",
        ),
        (("sentiment",), "`train` must be the name of a corpus or a tf.data.Dataset, got NoneType"),
        (("sentiment", "sst3"), "no corpus is called 'sst3'"),
        (("sentiment", "a dataset"), "`validation` must be a tf.data.Dataset"),
        ((RECIPE, "sst2"), "`app` must be one of"),
        ((keras.Model, "sst2"), "`app` must be one of"),
    ],
)
def test_wrong_apps_and_data(arguments, message, tmp_path):
    dataset = tf.data.Dataset.range(3)
    arguments = [dataset if each == "a dataset" else each for each in arguments]
    with pytest.raises(ValueError, match=message):
        search(*arguments, directory=tmp_path / "search")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_trials": 0}, "`max_trials` must be at least 1, got 0"),
        ({"max_minutes": 0}, "`max_minutes` must be more than 0, got 0"),
        ({"workers": -1}, "`workers` must be 0 or more, got -1"),
        ({"workers": 1, "strategy": "gpus"}, "`strategy` 'gpus' is unknown; did you mean gpu"),
        (
            {"algorithm": "hyperband", "space": {"fit.epochs": [1, 2]}},
            "`space` of 'fit.epochs' must be one number for hyperband",
        ),
        ({"algorithm": "grid"}, "`algorithm`: .*got 'grid'"),
        ({"objective": "f1"}, "`objective` of sentiment"),
        ({"strategy": "gpus"}, "`strategy` 'gpus' is unknown; did you mean gpu"),
        ({"max_parameters": 0}, "`max_parameters`: .*got 0"),
        ({"seed": -1}, "`seed`: .*got -1"),
    ],
)
def test_wrong_options(options, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        search(RECIPE, directory=tmp_path / "search", **options)
    assert not (tmp_path / "search").exists()


def test_a_missing_recipe(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"names a file that is not there: none\.json"):
        search("none.json", directory=tmp_path / "search")


def test_no_search_to_read(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no search: it lacks search\.json"):
        read_trials(tmp_path)


def test_public_names():
    assert all(getattr(tuning, name) for name in tuning.__all__)
    with pytest.raises(AttributeError, match="no attribute 'none'"):
        tuning.none  # noqa: B018


def test_a_folder_in_use_is_refused(tmp_path):
    import fcntl

    folder = tmp_path / "search"
    with pytest.raises(RuntimeError, match="No trial"):
        search(RECIPE, max_minutes=1e-6, directory=folder)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="is in use: another process searches there"):
            search(RECIPE, directory=folder)


def test_other_data_in_memory_is_another_search(tmp_path):
    def films(words):
        return tf.data.Dataset.from_tensor_slices(
            ([f"{word} film" for word in words] * 8, [1, 0] * 8)
        )

    options = {"directory": tmp_path / "search", "max_minutes": 1e-6}
    for words, message in [(("fine", "bad"), "No trial"), (("good", "poor"), "its data differ")]:
        with pytest.raises((RuntimeError, ValueError), match=message):
            search("sentiment", films(words), films(words), **options)


def test_a_trial_killed_too_often_is_given_up(tmp_path, scripted):
    scripted(best_near(units=8))
    folder = tmp_path / "search"
    (folder / "trials" / "trial_0").mkdir(parents=True)
    (folder / "trials" / "trial_0" / "attempts.txt").write_text("3\n")
    from tuning.plan import FILE, make_plan

    space = {**SPACE, "fit.epochs": 1}
    (folder / FILE).write_text(json.dumps(_tuned(make_plan(RECIPE, space)).model_dump(mode="json")))
    result = search(RECIPE, space=space, max_trials=2, directory=folder)
    given_up = read_trial(folder / "trials" / "trial_0")
    assert given_up.reason.startswith("killed 3 times")
    assert result.best.trial_id == "1"


def _tuned(plan):
    """The plan with the name that the search gives the recipe."""
    return plan.model_copy(update={"recipe": {**plan.recipe, "name": "tiny_tuned"}})
