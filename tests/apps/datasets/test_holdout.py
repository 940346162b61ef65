"""What is set aside tells nothing of what is trained on, for every kind of corpus."""

import corpus_files
import numpy as np
import pytest
import tensorflow as tf

from apps.datasets import NAMES, hold_out, info, load, register

WRITERS = {  # a corpus of each builder, and those that the package brings along
    "babi_10k": lambda folder: corpus_files.write_babi(folder, part="en-valid-10k"),
    "btc": lambda folder: more(corpus_files.write_btc, folder, "btc.train", "Oslo\tB-LOC\n\n"),
    "ewt_upos": corpus_files.write_ewt,
    "imdb": corpus_files.write_imdb,
    "multi30k_en_de": corpus_files.write_multi30k,
    "pig_latin": None,
    "sst2": corpus_files.write_sst,
    "tatoeba_en_es": corpus_files.write_tatoeba,
    "uci_sentiment": corpus_files.write_uci,
    "uci_sentiment_sample": None,
    "uner_ewt": lambda folder: more(
        *(corpus_files.write_uner, folder, "en_ewt-ud-train.iob2"),
        "\n# text = Oslo\n1\tOslo\tB-LOC\t-\tann\n",
    ),
    "wnut17": corpus_files.write_wnut17,
}


def test_there_is_a_corpus_of_each_builder():
    assert {info(name).builder for name in WRITERS} == {info(name).builder for name in NAMES}


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_set_aside_is_trained_on(name, tmp_path):
    corpus = info(name)
    options = {option: True for option in corpus.options if option not in corpus.report_options}
    aside, train = held_out(name, tmp_path, options)
    told = set(map(text, aside))
    assert told
    assert train
    assert not told & set(map(text, train))
    if not options:
        whole = [text(x) for x, _ in load(name, "train", **places(tmp_path))]
        assert sorted(whole) == sorted(map(text, [*aside, *train]))


def test_phrases_of_a_sentence_set_aside(tmp_path):
    (sentence,), train = held_out("sst5", tmp_path, {"phrases": True})
    phrases = {
        "It's good": ["It", "'s", "'s good"],
        "Not a bad film.": ["Not", "a bad film", "a", "film", ".", "Not a bad film"],
        "Two hours": ["Two", "hours"],
        "Awful!": ["!"],
    }
    its = [sentence.numpy().decode(), *phrases[sentence.numpy().decode()]]
    kept = {x.numpy().decode() for x in train}
    assert not kept & set(its)
    assert all(kept > set(each) for whole, each in phrases.items() if whole not in its)


def test_a_phrase_of_another_sentence_too_stays(tmp_path):
    folder = tmp_path / "sst"
    folder.mkdir()
    (folder / "train.txt").write_text("(4 (2 A) (4 hit))\n(1 (2 No) (4 hit))\n")
    (folder / "dev.txt").write_text("(2 (2 So) (2 so))\n")
    _, (train,) = hold_out(1, [("sst5", {"phrases": True})], **places(tmp_path))
    kept = {x.numpy().decode() for x, _ in train}
    assert kept in ({"A", "hit", "A hit"}, {"No", "hit", "No hit"})


def test_a_phrase_that_is_a_sentence_set_aside_is_not_trained_on(tmp_path):
    folder = tmp_path / "sst"
    folder.mkdir()
    (folder / "train.txt").write_text("(4 (2 A) (4 hit))\n(1 (2 No) (4 (2 a) (4 hit)))\n")
    (folder / "dev.txt").write_text("(2 (2 So) (2 so))\n")
    corpora = [("sst5", {"phrases": True})]
    for count in (1, 2):
        aside, (train,) = hold_out(count, corpora, **places(tmp_path))
        told = {x.numpy().decode().casefold() for x, _ in aside}
        assert not told & {x.numpy().decode().casefold() for x, _ in train}


def test_twins_in_other_unicode_and_lines():
    texts = ["Good film\nI say", "good film i say", "Café noir", "Cafe\u0301 noir", "ﬁne", "fine"]
    register("twins", "sentiment", train=tf.data.Dataset.from_tensor_slices((texts, [0, 1] * 3)))
    aside, _ = hold_out(1, [("twins", {})])
    assert len(aside) == 2
    aside, (train,) = hold_out(3, [("twins", {})])
    assert (len(aside), len(train)) == (4, 2)


def test_a_corpus_that_is_read_again_does_not_bring_back_what_is_set_aside(tmp_path):
    corpus_files.write_babi(tmp_path / "babi", part="en-valid-10k")
    corpora = [("babi_10k", {}), ("babi_10k_qa3", {})]
    aside, (train, again) = hold_out(1, corpora, **places(tmp_path))
    assert len(again) > 0
    assert not {text(x) for x, _ in aside} & {text(x) for x, _ in [*train, *again]}


def test_a_story_and_its_beginning_are_on_one_side():
    stories = [["A b."], ["A b.", "C d."], ["A b.", "D e."], ["C d."], ["C d.", "A b."], ["A bc."]]
    x = {"story": tf.ragged.constant(stories), "question": [*"abcdef"]}
    examples = tf.data.Dataset.from_tensor_slices((x, [*"abcdef"]))
    register("stories", "question_answering", train=examples)
    for count, sizes in {1: {1, 2, 3}, 6: {6}}.items():
        aside, (train,) = hold_out(count, [("stories", {})])
        assert len(aside) in sizes
        begins = [{x["story"].numpy()[0] for x, _ in part} for part in (aside, train)]
        assert not begins[0] & begins[1]


def test_texts_that_differ_in_case_and_signs_are_on_one_side():
    texts = ["Go!", "go", ":-)", ":-(", "Stop."]
    register(
        "signs", "sentiment", train=tf.data.Dataset.from_tensor_slices((texts, [1, 0, 1, 0, 1]))
    )
    sides = []
    for count in range(1, 5):
        aside, (train,) = hold_out(count, [("signs", {})])
        sides.append({x.numpy() for x, _ in aside})
        assert len(aside) + len(train) == 5
        assert len(aside) >= count
    assert all(({b"Go!", b"go"} <= side) or not ({b"Go!", b"go"} & side) for side in sides)
    assert any(len({b":-)", b":-("} & side) == 1 for side in sides)


def more(write, folder, file, text):
    write(folder)
    with (folder / file).open("a") as file:
        file.write(text)


def places(folder):
    return {"data_dir": folder, "prepared_dir": folder / "prepared"}


def held_out(name, folder, options):
    """What of the inputs is set aside, and what is not, if it is to be one example."""
    if WRITERS.get(name.replace("5", "2")):
        WRITERS[name.replace("5", "2")](folder / info(name).folder)
    aside, (train,) = hold_out(1, [(name, options)], **places(folder))
    return [x for x, _ in aside], [x for x, _ in train]


def text(x):
    """The letters of an input; of a story its first sentence, which tells which one it is."""
    x = x["story"][:1] if isinstance(x, dict) else x
    joined = b" ".join(np.ravel(x).tolist()).decode()
    return "".join(filter(str.isalnum, joined.casefold())) or joined
