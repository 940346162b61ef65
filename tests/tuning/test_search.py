"""The search in one process: from trials to a preset, over kills and failures."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import keras
import pytest
import tensorflow as tf
from tiny_search import RECIPE, SPACE

import tuning
import zoo
from apps import SentimentClassifier, Tagger, datasets
from tuning import read_trials, search
from tuning.report import read_trial
from tuning.trial_logs import read_log


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


def test_the_preset_has_the_weights_of_the_trial(found):
    """What is held out gives the trial's own figure again, with the stored weights."""
    result, _, _ = found
    held_out = datasets.load("uci_sentiment_sample", "train").take(96)
    figures = zoo.load(result.preset).measure(held_out)
    assert figures["accuracy"] == pytest.approx(result.best.objective, abs=1.1 / 96)


def test_the_first_trial_has_the_values_of_the_recipe(found):
    _, _, told = found
    values = told[0].values
    assert (values["network.units"], values["fit.batch_size"]) == (8, 32)
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


def test_hparams_plugin_finds_all_trials(found):
    """By the plugin's own reader, as its table and its parallel coordinates ask it."""
    from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

    _, folder, told = found
    runs = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = data_provider.MultiplexerDataProvider(runs, str(folder))
    context = backend_context.Context(TBContext(data_provider=provider))
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=100, allowed_statuses=list(api_pb2.Status.values())
    )
    from tensorboard import context as tb_context

    handler = list_session_groups.Handler(tb_context.RequestContext(), context, "", request)
    groups = handler.run().session_groups
    assert len(groups) == 3
    objectives = sorted(
        metric.value
        for group in groups
        for metric in group.metric_values
        if metric.name.tag == "objective"
    )
    assert objectives == pytest.approx(sorted(trial.objective for trial in told))


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


def test_hyperband_lets_the_best_go_on(tmp_path):
    recipe = {**RECIPE, "fit": {**RECIPE["fit"], "epochs": 3}}
    result = search(
        recipe, space=SPACE, algorithm="hyperband", max_trials=5, directory=tmp_path / "search"
    )
    trials = [
        json.loads(file.read_text())["hyperparameters"]["values"]
        for file in sorted((tmp_path / "search").glob("trials/*/trial.json"))
    ]
    epochs = [values["tuner/epochs"] for values in trials]
    assert trials[int(result.best.trial_id)]["tuner/epochs"] == 3
    assert {1, 3} == set(epochs)
    later = next(number for number, each in enumerate(trials) if each.get("tuner/trial_id"))
    log = (tmp_path / f"search/trials/trial_{later}/run/fit.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in log[1:]] == ["0", "1", "2"]  # one of before, and two more
    assert result.metrics["search"]["algorithm"] == "hyperband"


def test_bayesian_search_of_an_error(tmp_path):
    result = search(
        RECIPE,
        space={**SPACE, "fit.epochs": 1},
        objective="error",
        max_trials=6,
        directory=tmp_path / "search",
    )
    errors = [trial.objective for trial in result.trials]
    assert errors == sorted(errors)
    assert len(errors) == 6


def test_trials_that_are_too_big_are_noted_and_passed_over(tmp_path, capfd):
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
    assert "Traceback" not in capfd.readouterr().err


def test_a_loss_that_is_no_number_fails_a_trial(tmp_path):
    space = {**SPACE, "fit.learning_rate": 3e38, "fit.clipnorm": None, "fit.warmup_steps": 0}
    with pytest.raises(RuntimeError, match="trial 0: the loss became NaN or infinite"):
        search(RECIPE, space=space, max_trials=1, directory=tmp_path / "search")


def test_a_trial_out_of_memory_is_survived(tmp_path, monkeypatch):
    from tuning import trials

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


def test_minutes_end_it_and_more_go_on(tmp_path):
    folder = tmp_path / "search"
    with pytest.raises(RuntimeError, match="No trial of the search"):
        search(RECIPE, space=SPACE, max_trials=1, max_minutes=1e-6, directory=folder)
    result = search(RECIPE, space=SPACE, max_trials=1, directory=folder)
    assert result.best.status == "done"


SCRIPT = """
import json, sys
from tuning import search
recipe, space, folder = map(json.loads, sys.argv[1:])
search(recipe, space=space, algorithm="random", max_trials=2, directory=folder,
       report=lambda trial: print(trial.trial_id, flush=True))
"""


def test_killed_in_mid_trial_it_goes_on_where_it_stopped(tmp_path):
    folder = tmp_path / "search"
    recipe = {**RECIPE, "fit": {**RECIPE["fit"], "epochs": 40, "patience": 40}}
    arguments = [json.dumps(each) for each in (recipe, SPACE, str(folder))]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], start_new_session=True)
    log = folder / "trials" / "trial_0" / "run" / "fit.csv"
    try:
        until = time.monotonic() + 240
        while not log.exists() or len(log.read_text().splitlines()) < 4:
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    ended = len(log.read_text().splitlines()) - 1
    assert ended < 40
    result = search(recipe, space=SPACE, algorithm="random", max_trials=2, directory=folder)
    assert {trial.status for trial in result.trials} == {"done"}
    epochs = [row.split(",")[0] for row in log.read_text().splitlines()[1:]]
    assert epochs[:ended] == [str(number) for number in range(ended)]
    assert len(epochs) <= 41  # one at most twice


def test_data_in_memory(tmp_path):
    def examples(count):
        texts = ["a fine film", "a bad film", "fine , fine film !", "bad , bad film !"]
        return tf.data.Dataset.from_tensor_slices((texts * count, [1, 0, 1, 0] * count))

    result = search(
        SentimentClassifier,
        examples(16),
        examples(2),
        space={**SPACE, "fit.epochs": 8, "fit.learning_rate": 0.03, "fit.warmup_steps": 0},
        max_trials=1,
        directory=tmp_path / "search",
    )
    assert result.metrics["metrics"]["validation_accuracy"] == 1.0
    assert [answer.label for answer in zoo.load(result.preset).classify(["a fine film"])] == [
        "positive"
    ]


def test_tags_in_memory(tmp_path):
    words = tf.ragged.constant([["Ada", "met", "Bob", "."], ["in", "Paris", "!"]] * 20)
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
        (("sentiment", tf.data.Dataset.range(3)), "`validation` must be a tf.data.Dataset"),
        ((RECIPE, "sst2"), "`app` must be one of"),
        ((keras.Model, "sst2"), "`app` must be one of"),
    ],
)
def test_wrong_apps_and_data(arguments, message, tmp_path):
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


def test_a_trial_killed_too_often_is_given_up(tmp_path):
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
