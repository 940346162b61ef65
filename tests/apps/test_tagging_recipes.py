"""Recipes of taggers: corpora, more corpora, a preset with its figures, one that starts from it."""

import json

import pytest
import tensorflow as tf

import zoo
from apps.recipes import read_recipe
from apps.tagging.renaming import rename_classes
from apps.training import from_recipe as training

SENTENCES = ["Ada/B-PER met/O Bob/B-PER", "in/O Paris/B-LOC !/O", "met/O Bob/B-PER Ray/I-PER"]
RECIPE = {
    "name": "tiny_ner",
    "app": "tagging",
    "seed": 1,
    "data": {"name": "uner_ewt", "holdout": 8, "extra": {"btc": {"PER": "PER"}}},
    "preprocessor": {"splits": ["train", "btc/train"], "vocabulary_size": 100},
    "network": {"embedding_dim": 8, "units": 6, "char_units": 6, "word_dropout": 0.1},
    "head": {"dropout": 0.0},
    "pretraining": {"splits": ["train", "btc/train"], "window": 4, "batch_size": 4, "samples": 5},
    "fit": {"epochs": 3, "batch_size": 4, "learning_rate": 0.05},
}


def write_corpora(folder):
    def rows(sentence):
        return [word.rsplit("/", 1) for word in sentence.split()]

    def uner(sentence):
        cells = enumerate(rows(sentence), start=1)
        return "".join(f"{n}\t{word}\t{tag}\t-\t-\n" for n, (word, tag) in cells) + "\n"

    def conll(sentence):
        return "".join(f"{word}\t{tag}\n" for word, tag in rows(sentence)) + "\n"

    (folder / "uner-ewt").mkdir(parents=True)
    (folder / "btc").mkdir()
    train = "".join(map(uner, SENTENCES * 10))
    (folder / "uner-ewt/en_ewt-ud-train.iob2").write_text(train)
    (folder / "uner-ewt/en_ewt-ud-dev.iob2").write_text("".join(map(uner, SENTENCES)))
    tweets = "".join(map(conll, ["hi/O Zoe/B-PER", "at/O Ford/B-ORG"] * 5))
    (folder / "btc/btc.train").write_text(tweets)
    (folder / "btc/btc.dev").write_text(conll("hi/O"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tagging")
    write_corpora(folder / "data")
    tmp_path_factory.mktemp("prepared")
    preset = folder / "tiny_ner"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder / "prepared"))
        metrics = training.train(
            RECIPE, preset, run_dir=folder / "run", data_dir=folder / "data", verbose=0
        )
        figures = training.evaluate(str(preset), data_dir=folder / "data")
    return folder, metrics, figures


def test_figures_files_and_card(trained):
    folder, metrics, figures = trained
    assert metrics["monitor"] == "validation_f1"
    assert metrics["metrics"]["validation_f1"] == pytest.approx(figures["f1"], abs=1e-4)
    assert figures["f1"] > 0.6
    assert {"f1_PER", "recall_LOC", "accuracy", "precision"} < set(figures)
    assert "loss" not in figures  # it depends on how sentences are batched
    assert figures["examples"] == 3
    card = (folder / "tiny_ner/README.md").read_text()
    assert f"**{figures['f1']:.2%}**, 3 sentences" in card
    assert "f1 of PER" in card
    assert "17 entities" in card  # what is particular about the corpus' files
    words = (folder / "tiny_ner/assets/tokenizer/vocabulary.txt").read_text().split()
    assert "zoe" in words  # of the other corpus
    recipe = json.loads((folder / "tiny_ner/recipe.json").read_text())
    assert recipe == read_recipe(RECIPE).model_dump(mode="json")


def test_the_preset_tags_raw_text(trained):
    tagger = zoo.load(trained[0] / "tiny_ner")
    assert next(span.text for span in tagger.tag(["Ada met Bob Ray"])[0].spans) == "Ada"


def test_another_preset_starts_from_it(trained):
    folder = trained[0]
    recipe = {
        **RECIPE,
        "name": "next_ner",
        "start_from": str(folder / "tiny_ner"),
        "data": {"name": "btc"},
        "network": {"embedding_dim": 5, "units": 3},  # does not count
        "pretraining": None,
        "fit": {"epochs": 1},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tensorflow_datasets.core.constants.DATA_DIR", str(folder / "prepared"))
        training.train(
            recipe, folder / "next", run_dir=folder / "run2", data_dir=folder / "data", verbose=0
        )
    old, new = zoo.load(folder / "tiny_ner"), zoo.load(folder / "next")
    assert (
        new.preprocessor.tokenizer.get_vocabulary() == old.preprocessor.tokenizer.get_vocabulary()
    )
    assert new.backbone.units == old.backbone.units == 6
    assert json.loads((folder / "next/recipe.json").read_text())["start_from"]


def test_classes_are_renamed_and_sentences_with_others_left_out():
    sentences = [
        (["Ada", "Lee", "in", "Oslo"], ["B-PER", "I-PER", "O", "B-LOC"]),
        (["Ford"], ["B-ORG"]),
        (["hi"], ["O"]),
    ]
    words = tf.TensorSpec([None], tf.string)
    examples = tf.data.Dataset.from_generator(lambda: sentences, output_signature=(words, words))
    renamed = rename_classes(examples, {"PER": "person", "LOC": "place"})
    assert int(renamed.cardinality()) == 2
    found = [[tag.decode() for tag in tags.numpy()] for _, tags in renamed]
    assert found == [["B-person", "I-person", "O", "B-place"], ["O"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"app": "taging"}, r"`app` must be one of \['question_answering', .*\], got 'taging'"),
        ({"data": {"name": "btc", "extra": {"bct": {"PER": "PER"}}}}, "no corpus is called 'bct'"),
        (
            {"data": {"name": "wnut17", "extra": {"btc": {"PER": "PER"}}}},
            r"`data.extra.btc` must have classes of wnut17.*got \['PER'\]",
        ),
        (
            {"data": {"name": "wnut17", "extra": {"btc": {"person": "person"}}}},
            r"`data.extra.btc` must have classes of btc.*got \['person'\]",
        ),
        ({"data": {"name": "btc", "extra": {"btc": {"PER": "PER"}}}}, "must have other corpora"),
        ({"data": {"name": "btc", "extra": {"uner_ewt": {}}}}, "`data.extra.uner_ewt`.*at least 1"),
        (
            {"data": {"name": "btc", "extra": {"sst2": {"PER": "PER"}}}},
            r"`data.extra.sst2` must have classes of sst2, \[\]",
        ),
        (
            {"network": {"char_encoder": "rnn", "char_units": 65}},
            "`network`: .*`char_units` must be even",
        ),
        ({"head": {"head": "svm"}}, "`head.head`"),
        ({"preprocessor": {"splits": ["imdb/validation"]}}, "got imdb/validation"),
        ({"preprocessor": {"splits": ["imbd/train"]}}, "no corpus is called 'imbd'"),
        ({"data": {"name": "sst2"}}, r"`data.name`.*tagging.*sst2"),
    ],
)
def test_wrong_recipes(change, message):
    with pytest.raises(ValueError, match=message):
        read_recipe({**RECIPE, **change})
