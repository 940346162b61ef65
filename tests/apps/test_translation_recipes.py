"""Recipes of translators: a preset with its figures, one that starts from it, the command line."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from toy_translator import for_any_texts
from toys import load_once

import zoo
from apps import Translator
from apps.metrics import translation_scores
from apps.recipes import read_recipe
from apps.training import from_recipe as training
from apps.translation import pig_latin
from apps.translation.pig_latin import load_pig_latin
from zoo import preset_files, presets

SIZES = {"train": 400, "validation": 20, "test": 12}
RECIPE = {
    "name": "tiny_pig",
    "app": "translation",
    "description": "A test.",
    "seed": 1,
    "data": {"name": "pig_latin", "holdout": 12, "report": ["validation", "test"]},
    "preprocessor": {"vocabulary_size": 40, "kind": "char", "sequence_length": 10},
    "network": {"embedding_dim": 16, "units": 32, "encoder_units": 16, "attention": "dot"},
    "head": {"monitor": "chrf", "label_smoothing": 0.05},
    "fit": {"epochs": 2, "batch_size": 8, "learning_rate": 0.02},
}


def load_a_part(split):
    return load_pig_latin(split).take(SIZES[split])


@pytest.fixture(scope="module")
def small_corpus():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pig_latin, "load_pig_latin", load_a_part)
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory, small_corpus):
    folder = tmp_path_factory.mktemp("translation")
    metrics = training.train(RECIPE, folder / "tiny_pig", run_dir=folder / "run", verbose=0)
    return folder, metrics


@pytest.fixture(autouse=True)
def loaded_once(models, monkeypatch):
    def prepare(task):
        return for_any_texts(task, 5) if isinstance(task, Translator) else task

    load_once(models, monkeypatch, prepare)


@pytest.fixture
def run(run, monkeypatch, trained):
    """Runs the command, where the preset is one of those that are bundled."""
    monkeypatch.setenv("COLUMNS", "160")  # no line of a table is broken
    monkeypatch.setattr(presets, "_FOLDERS", [*presets._FOLDERS, trained[0]])
    return run


def test_figures_of_both_parts(trained):
    folder, metrics = trained
    assert metrics["monitor"] == "validation_chrf"
    figures = metrics["metrics"]
    names = {"bleu", "bleu_lowercase", "chrf", "exact_match", "examples"}
    assert set(figures) == {f"{part}_{name}" for part in ("validation", "test") for name in names}
    for part in ("validation", "test"):
        found = training.evaluate(str(folder / "tiny_pig"), part)
        assert found.pop("examples") == figures[f"{part}_examples"] == SIZES[part]
        del found["seconds"]
        assert {f"{part}_{name}": round(value, 4) for name, value in found.items()}.items() <= (
            figures.items()
        )
    assert figures["validation_chrf"] > 0
    assert figures["validation_chrf"] != figures["test_chrf"]  # each is of its part


def test_the_preset_translates(trained):
    folder, metrics = trained
    translator = zoo.load(folder / "tiny_pig")
    assert translator.count_params() == metrics["parameters"]
    assert translator.monitor == "chrf"
    assert translator.label_smoothing == 0.05
    assert translator.preprocessor.sequence_length == 10
    assert translator.translate(["string"])[0].text


def test_figures_of_held_out_words_in_every_epoch(trained):
    folder, _ = trained
    with (folder / "run/fit.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    for name in ("val_bleu", "val_bleu_lowercase", "val_chrf", "val_exact_match", "val_loss"):
        assert all(float(row[name]) >= 0 for row in rows), name


def test_the_best_weights_are_kept(trained):
    folder, _ = trained
    with (folder / "run/fit.csv").open() as file:
        figures = [float(row["val_chrf"]) for row in csv.DictReader(file)]
    assert max(figures) > min(figures) > 0
    translator = zoo.load(folder / "tiny_pig")
    stored = translator.get_weights()
    try:
        keras.saving.load_weights(
            translator, folder / "run/best.weights.h5", objects_to_skip=[translator.optimizer]
        )
        for one, other in zip(stored, translator.get_weights()):
            np.testing.assert_allclose(one, other, atol=1e-3)  # presets have half precision
        examples = load_a_part("train").take(12).as_numpy_iterator()
        sources, references = zip(*((x.decode(), y.decode()) for x, y in examples))
        answers = translator.translate(list(sources), beam_width=1)
    finally:
        translator.set_weights(stored)
    expected = pytest.approx(max(figures), abs=0.01)
    texts = [answer.text for answer in answers]
    assert translation_scores(texts, references)["chrf"] == expected


def test_logs(trained):
    folder, _ = trained
    events = list((folder / "run/logs/fit").rglob("events*"))
    assert events
    tags = set()
    for file in events:
        for event in tf.compat.v1.train.summary_iterator(str(file)):
            tags |= {value.tag for value in event.summary.value}
    assert any("bleu" in tag for tag in tags)
    assert "attention/0" in tags
    words = (folder / "run/logs/fit/train/words.tsv").read_text("utf-8").splitlines()
    assert words[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert set("▁aeiouy") < set(words)


def test_card_and_checksums(trained):
    folder, metrics = trained
    card = (folder / "tiny_pig/README.md").read_text("utf-8")
    figures = metrics["metrics"]
    chrf = f"**{figures['validation_chrf']:.1f}**, 20 sources"
    assert f"| chrF on the validation part | {chrf} |" in card
    assert f"| exact match on the test part | {figures['test_exact_match']:.2%} |" in card
    assert "BLEU without case on the test part" in card
    assert "Sources of more than 10 tokens are cut" in card
    assert 'zoo.load("tiny_pig")' in card
    assert "12 training examples" in card
    assert "assets/tokenizer/vocabulary.spm" in metrics["sha256"]
    for name, digest in metrics["sha256"].items():
        assert preset_files.sha256(folder / "tiny_pig" / name) == digest


def test_the_recipe_in_the_preset_is_complete(trained):
    recipe = json.loads((trained[0] / "tiny_pig/recipe.json").read_text())
    assert recipe == read_recipe(RECIPE).model_dump(mode="json")
    assert recipe["network"]["input_feeding"] is True


def test_a_preset_starts_from_it(trained, tmp_path):
    start = trained[0] / "tiny_pig"
    recipe = {
        **RECIPE,
        "name": "second",
        "start_from": str(start),
        "data": {"name": "pig_latin"},
        "network": {"dropout": 0.3},  # the sizes are those of the start
        "fit": {"epochs": 1, "batch_size": 64, "learning_rate": 1e-9, "warmup_steps": 0},
    }
    metrics = training.train(recipe, tmp_path / "second", run_dir=tmp_path / "run", verbose=0)
    assert metrics["metrics"]["validation_examples"] == 20
    old, new = zoo.load(start), zoo.load(tmp_path / "second")
    assert new.preprocessor.tokenizer.proto == old.preprocessor.tokenizer.proto
    assert new.backbone.get_config()["units"] == 32
    assert (old.backbone.dropout, new.backbone.dropout) == (0.0, 0.3)
    assert new.predict(["string", "apple"]).tolist() == old.predict(["string", "apple"]).tolist()
    assert f"`{start}`" in (tmp_path / "second/README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("app", "corpus", "start", "message"),
    [
        ("translation", "pig_latin", "sentiment_sst2", "with a Seq2Seq, got 'sentiment_sst2'"),
        (
            "sentiment",
            "uci_sentiment_sample",
            "tiny_pig",
            "with a RecurrentEncoder, got .*tiny_pig",
        ),
    ],
)
def test_a_start_of_another_kind_is_refused(trained, tmp_path, app, corpus, start, message):
    start = start if start == "sentiment_sst2" else str(trained[0] / start)
    recipe = {"name": "other", "app": app, "data": {"name": corpus}, "start_from": start}
    with pytest.raises(ValueError, match=f"`start_from` must be a preset {message}"):
        training.train(recipe, tmp_path / "other", run_dir=tmp_path / "run", verbose=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"app": "translate"}, r"`app` must be one of \[.*'translation'\], got 'translate'"),
        (
            {"data": {"name": "pig_latin", "report": ["tset"]}},
            r"`data.report.0`: .*'validation' or 'test', got 'tset'",
        ),
        ({"data": {"name": "pig_latin", "report": []}}, r"`data.report`: .*at least 1"),
        ({"data": {"name": "pig_latn"}}, "no corpus is called 'pig_latn'.*pig_latin"),
        ({"data": {"name": "sst2"}}, "`data.name` must be a corpus for translation, got sst2"),
        (
            {"data": {"name": "pig_latin", "options": {"references": True}}},
            r"`data.options` of pig_latin must be of \[\], got \['references'\]",
        ),
        (
            {"network": {"attention": "aditive"}},
            r"`network.attention`: .*'additive'.*got 'aditive'",
        ),
        (
            {"network": {"atention": "dot"}},
            "unknown key `network.atention`; did you mean attention",
        ),
        (
            {"network": {"attention": "dot", "units": 6, "encoder_units": 6}},
            "`network`: .*`units` must be the size of the encoder's states .* 'dot', 12",
        ),
        ({"network": {"conditioning": "first_state"}}, "`network.conditioning`: .*'last_state'"),
        ({"preprocessor": {"kind": "word"}}, "`preprocessor.kind`: .*'unigram'.*got 'word'"),
        ({"preprocessor": {"splits": ["test"]}}, "must not have a part that gives figures"),
        ({"preprocessor": {"sequence_length": 1}}, "`preprocessor.sequence_length`: .*equal to 2"),
        ({"head": {"sampling_rate": 1.5}}, "`head.sampling_rate`: .*less than or equal to 1"),
        ({"head": {"monitor": "accuracy"}}, "`head.monitor`: .*'exact_match', got 'accuracy'"),
        ({"pretraining": {"epochs": 1}}, "`pretraining`: .*none"),
    ],
)
def test_wrong_recipes(change, message):
    with pytest.raises(ValueError, match=message):
        read_recipe({**RECIPE, **change})


def test_predict_prints_the_translation(run, trained):
    folder = trained[0] / "tiny_pig"
    expected = [answer.text for answer in zoo.load(folder).translate(["string", "apple"])]
    code, output, error = run("predict", folder, "string", "apple")
    assert (code, error) == (0, "")
    assert output.splitlines() == expected
    _, output, _ = run("predict", "tiny_pig", "string", "--json")
    answer = json.loads(output)
    assert set(answer) == {"translation", "score", "text"}
    assert (answer["text"], answer["translation"]) == ("string", expected[0])
    assert answer["score"] < 0


@pytest.mark.filterwarnings("always")
def test_predict_files_line_by_line(run, tmp_path):
    (tmp_path / "in.txt").write_text("string\n\n日本\n", "utf-8")
    code, output, error = run("predict", "tiny_pig", "--file", tmp_path / "in.txt")
    assert code == 0
    assert [bool(line) for line in output.splitlines()] == [True, False, False]
    assert "1 of 3 texts have no character that the model knows" in error


def test_predict_draws_the_attention(run, trained, tmp_path):
    file = tmp_path / "out.png"
    code, output, error = run("predict", "tiny_pig", "string", "--attention", file)
    assert code == 0
    assert output.splitlines() == zoo.load(trained[0] / "tiny_pig").predict(["string"]).tolist()
    assert f"attention: {file}" in error
    picture = tf.io.decode_png(file.read_bytes(), channels=3).numpy()
    assert min(picture.shape[:2]) > 100
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny_pig", "a", "b", "--attention", "OUT.png"], "`--attention` draws one text, got 2"),
        (
            ["sentiment_sst2", "a", "--attention", "OUT.png"],
            "`--attention` is for translators, got the preset 'sentiment_sst2'",
        ),
        (["tiny_pig", "日本", "--attention", "OUT.png"], "There is no translation to draw"),
        (["tiny_pig", "a", "--attention", "OUT.jpg"], "must end in .png"),
        (["tiny_pig", "a", "--attention", "none/OUT.png"], "none"),
        (["tiny_pig", "a", "--conll"], "`--conll` is for taggers, got the preset 'tiny_pig'"),
    ],
)
def test_options_that_do_not_fit(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, output, error = run("predict", *arguments)
    assert (code, output) == (2, "")
    assert error.splitlines()[-1].startswith("seqzoo: error: ")
    assert message in error
    assert not list(tmp_path.rglob("OUT*"))


def test_list_and_info_show_the_figure(run, trained):
    chrf = trained[1]["metrics"]["validation_chrf"]
    code, output, _ = run("list", "--task", "translation")
    assert code == 0
    (line,) = (line for line in output.splitlines() if "tiny_pig" in line)
    assert f"chrf {chrf:.1f}" in line
    _, output, _ = run("list", "--json")
    found = {preset["name"]: preset for preset in json.loads(output)}["tiny_pig"]
    assert found["metrics"]["validation_chrf"] == chrf
    _, output, _ = run("info", "tiny_pig")
    assert f"**{chrf:.1f}**" in output


def test_figures_as_text():
    shown = {
        ("bleu", 36.25): "36.2",
        ("bleu_lowercase", 100.0): "100.0",
        ("chrf", 0.0): "0.0",
        ("exact_match", 0.5): "50.00%",
        ("accuracy", 0.906): "90.60%",
    }
    assert {figure: presets.show_figure(*figure) for figure in shown} == shown
    fields = {"description": "", "parameters": 1, "megabytes": 1.0, "data": "", "licence": ""}
    fields |= {"name": "x", "task": "translation", "path": ""}
    metrics = {"validation_bleu": 36.25, "test_exact_match": 0.5}
    for monitor, figure in [
        ("validation_bleu", "bleu 36.2"),
        ("test_exact_match", "exact_match 50.00% (test)"),
        ("", ""),
    ]:
        assert presets.PresetInfo(metrics=metrics, monitor=monitor, **fields).figure == figure
