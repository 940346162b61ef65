"""What `seqzoo predict` prints of a tagger's answers."""

import io
import json
import sys

import pytest
from rich.console import Console
from toys import any_shape, load_once

from apps.answers import printer
from apps.cli.commands import main
from tests.toy_data import TRAINING_TAGS, TRAINING_WORDS


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """Folders of a trained tagger of entities, and of one of parts of speech."""
    import keras

    import apps
    from zoo.backbones import RecurrentEncoder

    folders = {}
    parts_of_speech = [["X" if tag == "O" else "PROPN" for tag in tags] for tags in TRAINING_TAGS]
    for name, tags in (("ner", TRAINING_TAGS), ("pos", parts_of_speech)):
        keras.utils.set_random_seed(0)
        labels = sorted({tag for sentence in tags for tag in sentence}, reverse=True)
        tokenizer = apps.WordTokenizer(["met", "in", "ada", "bob", "paris", "!"])
        preprocessor = apps.TaggingPreprocessor(tokenizer, labels, word_length=8)
        tagger = apps.Tagger(RecurrentEncoder(8, 8, 4), preprocessor, dropout=0.0)
        tagger.compile(keras.optimizers.Adam(0.05))
        # All in one epoch: each makes its pipelines anew.
        tagger.fit(TRAINING_WORDS * 8, tags * 8, batch_size=8, shuffle=False, verbose=0)
        folders[name] = tmp_path_factory.mktemp("presets") / name
        tagger.save_to_preset(folders[name])
    return folders


@pytest.fixture(autouse=True)
def loaded_once(models, monkeypatch):
    load_once(models, monkeypatch, lambda task: any_shape(task, task.preprocessor(["Ada"])))


@pytest.fixture
def predict(monkeypatch, capsys, presets):
    def predict(preset, *arguments):
        monkeypatch.setattr(sys, "argv", ["seqzoo", "predict", str(presets[preset]), *arguments])
        try:
            main()
        except SystemExit as exit:
            code = exit.code or 0
        output, error = capsys.readouterr()
        return code, output, error

    return predict


def test_words_with_tags(predict):
    code, output, _ = predict("pos", "Ada met Bob!", "in  Paris")
    assert code == 0
    assert output == "Ada/PROPN met/X Bob/PROPN !/X\nin/X Paris/PROPN\n"


def test_entities_in_brackets(predict):
    _, output, _ = predict("ner", "Ada  met Bob! in\tParis!")
    assert output == "[Ada PER]  met [Bob PER]! in [Paris LOC]!\n"


def test_entities_in_colour_on_a_terminal(presets):
    import zoo

    show = printer(zoo.load(presets["ner"]))
    terminal = io.StringIO()
    console = Console(file=terminal, force_terminal=True, color_system="standard", soft_wrap=True)
    console.print(show.line(show.answers(["Ada met Bob"], 1)[0]))
    assert "\x1b[1;" in terminal.getvalue()
    assert "met" in terminal.getvalue()


def test_a_blank_line_stays_blank(predict, tmp_path):
    file = tmp_path / "in.txt"
    file.write_text("Ada met Bob\n\nin Paris\n")
    _, output, _ = predict("ner", "--file", str(file))
    assert output == "[Ada PER] met [Bob PER]\n\nin [Paris LOC]\n"


def test_json(predict):
    _, output, _ = predict("ner", "--json", "Zoë 😀 met Ada")
    answer = json.loads(output)
    assert answer["tokens"] == ["Zoë", "😀", "met", "Ada"]
    assert answer["offsets"][-1] == [10, 13]
    assert {"label": "PER", "start": 10, "end": 13, "text": "Ada"} in answer["spans"]


def test_conll_in_and_out(predict, tmp_path):
    file, output = tmp_path / "in.conll", tmp_path / "out.conll"
    file.write_text("Ada\tO\nmet\tO\n\n# a comment\nin\nParis\n")
    code, printed, error = predict("ner", "--conll", "--file", str(file), "--output", str(output))
    assert (code, printed, error) == (0, "", "")
    expected = "Ada\tB-PER\nmet\tO\n\nin\tO\nParis\tB-LOC\n\n"
    assert output.read_text() == expected
    _, printed, _ = predict("ner", "--conll", "Ada met", "in Paris")
    assert printed == expected


def test_control_characters_stay_out_of_the_line(presets):
    import zoo

    for name in ("ner", "pos"):
        show = printer(zoo.load(presets[name]))
        line = show.line(show.answers(["Ada\nmet \x1b[31m Bob"], 1)[0]).plain
        assert line.isprintable()
        assert "Bob" in line


def test_control_characters_of_a_classified_text_neither(make_classifier):
    show = printer(make_classifier())
    line = show.line(show.answers(["a \x1b[31m fine\x07 film"], 1)[0]).plain
    assert line.replace("\t", "").isprintable()
    assert "film" in line


def test_conll_u_in(predict, tmp_path):
    file = tmp_path / "in.conllu"
    rows = ["1-2\tAda's", "1\tAda", "2\t's", "2.1\twas", "3\tin", "4\tParis"]
    cells = "\t_" * 8
    file.write_text("# text = Ada's in Paris\n" + "".join(f"{row}{cells}\n" for row in rows) + "\n")
    _, output, _ = predict("ner", "--conll", "--file", str(file))
    assert [line.split("\t")[0] for line in output.splitlines()] == ["Ada", "'s", "in", "Paris", ""]


def test_bad_options(predict, tmp_path):
    code, _, error = predict("ner", "--conll", "--json", "Ada")
    assert code == 2
    assert "`--conll` or `--json`, not both" in error
    file = tmp_path / "in.conll"
    file.write_text("Ada\n\tO\n")
    code, _, error = predict("ner", "--conll", "--file", str(file))
    assert code == 2
    assert f"{file}, line 2" in error
    code, _, error = predict("ner", "Ada", "--output", str(tmp_path / "none/out"))
    assert code == 2
    assert "`--output` names a folder that is not there" in error


@pytest.mark.parametrize("option", ["--output", "--attention"])
def test_a_file_that_cannot_be_written_is_told_before_any_work(predict, tmp_path, option):
    code, _, error = predict("ner", "Ada", option, str(tmp_path / "none/out"))
    assert code == 2
    assert f"`{option}` names a folder that is not there" in error
    code, _, error = predict("ner", "Ada", option, str(tmp_path))
    assert f"`{option}` must be a file, got the folder {tmp_path}" in error
