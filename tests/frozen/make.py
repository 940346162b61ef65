"""What users see, as the files of this folder keep it: `python -m tests.frozen.make` makes them.

    APP.keras, APP.zip      a tiny app, by `save` and by `save_to_preset`
    answers.json            what these are asked, and answer
    outputs.json            what the command `seqzoo` prints
    commands.json           its commands, and their options
    names.json              what can be imported, and what Keras knows by name

`tests/test_frozen.py` compares them with what there is. Make them anew only where what users see
is to change: apps that were saved before have to be read still.
"""

import contextlib
import dataclasses
import importlib
import inspect
import io
import json
import logging
import pathlib
import shutil
import sys
import tempfile
import zipfile
from unittest import mock

import keras
import numpy as np
import typer
from sentencepiece import sentencepiece_model_pb2

import apps
from tuning import cli
from zoo import backbones

FOLDER = pathlib.Path(__file__).parent
PACKAGES = ("apps", "zoo", "tuning")
MODULES = (
    "apps",
    "apps.answers",
    "apps.attention_picture",
    "apps.callbacks",
    "apps.datasets",
    "apps.export",
    "apps.metrics",
    "apps.question_answering",
    "apps.recipes",
    "apps.sentiment",
    "apps.tagging",
    "apps.training",
    "apps.translation",
    "tuning",
    "zoo",
    "zoo.backbones",
    "zoo.layers",
    "zoo.presets",
    "zoo.samplers",
)
NAMES = {"apps.answers": ["printer"]}  # where not all that is there is for users
VERBS = {
    "question_answering": "answer",
    "sentiment": "classify",
    "tagging": "tag",
    "translation": "translate",
}
# What each app is asked, by the arguments of its verb.
ASKED = {
    "question_answering": {
        "stories": [["Mary is here.", "Mary got the milk."], "John is there. He is tall."],
        "questions": ["Is Mary here?", "Where is the milk?"],
    },
    "sentiment": {"texts": ["A fine film!", "a bad , bad film", "Other words"]},
    "tagging": {"sentences": ["Ada met Bob, in Paris!", "", "Zoë 😀"], "return_scores": True},
    "translation": {"texts": ["ab", "dab", ""], "return_attention": True},
}
SEEDS = {"question_answering": 5, "sentiment": 31, "tagging": 5, "translation": 9}
REVIEWS = "A gorgeous, witty film.\n\nNot bad at all: I laughed.\nCafé 😀\n"
WORDS = "Ada\tO\nLovelace\tO\nlived\tO\n\n# a comment\nin\nLondon\n"
STORY = "Mary went to the garden. John went to the office.\nMary got the milk there.\n"
TYPED = """Where is Mary?
Mary went to the garden. John took a zeppelin to the office.
Where is John?
?
forget
Sandra is in the kitchen. Where is Sandra?
"""
ENTITIES = ["Ada Lovelace lived in London.", "No one  was there."]
# Arguments of `seqzoo`, with the files that it finds, what is typed, and the picture that it draws.
COMMANDS = [
    {"arguments": ["predict", "sentiment_sst2", "A gorgeous, witty film.", "A dull mess."]},
    {
        "arguments": ["predict", "sentiment_sst2", "--file", "reviews.txt"],
        "files": {"reviews.txt": REVIEWS},
    },
    {
        "arguments": ["predict", "sentiment_sst2", "--file", "reviews.txt", "--json"],
        "files": {"reviews.txt": REVIEWS},
    },
    {"arguments": ["predict", "sentiment_sst2", "--json"], "typed": REVIEWS},
    {"arguments": ["predict", "pos_ewt", "Time flies like an arrow."]},
    {"arguments": ["predict", "ner_uner_ewt", *ENTITIES]},
    {"arguments": ["predict", "ner_uner_ewt", "--json", *ENTITIES]},
    {
        "arguments": ["predict", "ner_uner_ewt", "--conll", "--file", "words.conll"],
        "files": {"words.conll": WORDS},
    },
    {"arguments": ["predict", "pig_latin", "string"]},
    {"arguments": ["predict", "pig_latin", "--json", "string"]},
    {
        "arguments": ["predict", "pig_latin", "string", "--attention", "picture.png"],
        "picture": "picture.png",
    },
    {
        "arguments": ["predict", "qa_babi", "--story", "story.txt", "Where is the milk?"],
        "files": {"story.txt": STORY},
    },
    {
        "arguments": ["predict", "qa_babi", "--story", "story.txt", "--json", "Where is the milk?"],
        "files": {"story.txt": STORY},
    },
    {"arguments": ["ask", "qa_babi"], "typed": TYPED},
    {"arguments": ["predict", "qa_babi", "Where is Mary?"]},
    {"arguments": ["predict", "pig_latin", "--conll", "string"]},
    {"arguments": ["predict", "pig_latin", " "]},
]


def seqzoo(arguments, typed=""):
    """The exit code of the command, its output and its error output."""
    output, error = io.StringIO(), io.StringIO()
    typed = io.TextIOWrapper(io.BytesIO(typed.encode()), "utf-8")
    code = None
    with (
        mock.patch.multiple(sys, argv=["seqzoo", *arguments], stdin=typed),
        mock.patch.object(logging.getLogger("tensorflow"), "disabled", True),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(error),
    ):
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code
    return {"code": code, "output": output.getvalue(), "error": error.getvalue()}


def run(case, folder):
    """What the command gives for one of `COMMANDS` in an empty folder."""
    for name, text in case.get("files", {}).items():
        pathlib.Path(folder, name).write_text(text, "utf-8")
    with contextlib.chdir(folder):
        return seqzoo(case["arguments"], case.get("typed", ""))


def cards():
    """The task of each bundled preset, and the first line of a card."""
    presets = json.loads(seqzoo(["list", "--json"])["output"])
    return {
        "tasks": {preset["name"]: preset["task"] for preset in presets},
        "first line": seqzoo(["info", "qa_babi"])["output"].partition("\n")[0],
    }


def public_names(module):
    """The names of a module that are for users, each with its kind."""
    found = importlib.import_module(module)
    own = [
        name
        for name, value in vars(found).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module
    ]
    names = NAMES.get(module) or getattr(found, "__all__", own)
    return {name: kind_of(getattr(found, name)) for name in sorted(names)}


def kind_of(value):
    """Whether a value is a class, a function, a module, or of which class it is."""
    return "class" if inspect.isclass(value) else type(value).__name__


def registered_names():
    """What Keras knows of these packages."""
    names = keras.saving.get_custom_objects()
    return sorted(name for name in names if name.partition(">")[0] in PACKAGES)


def options():
    """The options of each command."""
    return {
        name: sorted(
            flag
            for parameter in command.params
            if parameter.param_type_name == "option"
            for flag in (*parameter.opts, *parameter.secondary_opts)
        )
        for name, command in sorted(typer.main.get_command(cli.app).commands.items())
    }


def answers(name, task, asked):
    """What a task answers, as values for JSON."""
    found = getattr(task, VERBS[name])(**asked)
    found = [dataclasses.asdict(answer) for answer in found]
    return json.loads(json.dumps(found, default=np.ndarray.tolist), parse_float=_rounded)


def _rounded(number):
    return round(float(number), 5)


def served(task):
    """The names of the tensors that the exported model takes, and of those that it gives."""
    serve = importlib.import_module("apps.export").serve_any
    texts = np.array(["ab met Ada"], object)
    found = serve(task, *[keras.ops.convert_to_tensor(texts, "string")] * len(task.serve_inputs))
    return {"inputs": list(task.serve_inputs), "outputs": sorted(found)}


def make_app(name):
    """A tiny app with random weights."""
    task = {
        "question_answering": make_answerer,
        "sentiment": make_classifier,
        "tagging": make_tagger,
        "translation": make_translator,
    }[name]()
    keras.utils.set_random_seed(SEEDS[name])
    for weight in task.trainable_weights:  # large ones, so that its answers differ
        weight.assign(keras.random.normal(weight.shape))
    return task


def make_answerer():
    words = ["mary", "john", "is", "got", "the", "milk", "here", "where", ".", "?"]
    tokenizer = apps.WordTokenizer(words)
    network = backbones.TensorProductNetwork(tokenizer.vocabulary_size(), 8, 6, 4, 2, 2)
    preprocessor = apps.QuestionAnsweringPreprocessor(tokenizer, ["no", "yes", "garden"], 4)
    return apps.QuestionAnswerer(network, preprocessor)


def make_classifier():
    tokenizer = apps.WordTokenizer(["film", "a", "fine", "bad", ",", "!"])
    network = backbones.RecurrentEncoder(tokenizer.vocabulary_size(), 6, 4, depth=2)
    preprocessor = apps.SentimentPreprocessor(tokenizer, 8)
    labels = ["bad", "fair", "good"]
    return apps.SentimentClassifier(network, preprocessor, labels, pooling="attention")


def make_tagger():
    tokenizer = apps.WordTokenizer(["met", "in", "ada", "bob", "paris", "!"])
    of_words = {"char_encoder": "cnn", "char_units": 4, "casing_dim": 2, "cell": "lstm"}
    network = backbones.RecurrentEncoder(tokenizer.vocabulary_size(), 6, 4, **of_words)
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    return apps.Tagger(network, apps.TaggingPreprocessor(tokenizer, tags, word_length=8))


def make_translator():
    letters = apps.learn_subwords([["ab", "ba", "dab", "cab"]], 20, kind="char")
    model = sentencepiece_model_pb2.ModelProto.FromString(letters)
    model.normalizer_spec.precompiled_charsmap = b""  # nearly all of the file
    tokenizer = apps.SubwordTokenizer(model.SerializeToString())
    attention = {"attention": "local_predictive", "attention_window": 2}
    network = backbones.Seq2Seq(tokenizer.vocabulary_size(), 6, 6, **attention)
    return apps.Translator(network, apps.TranslationPreprocessor(tokenizer, 6))


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (FOLDER / name).write_text(f"{text}\n", "utf-8")


def save(name, task):
    """Writes the files of an app, and packs them tighter than Keras does."""
    with tempfile.TemporaryDirectory() as folder:
        task.save_to_preset(f"{folder}/{name}")
        shutil.make_archive(str(FOLDER / name), "zip", folder, name)
        task.save(f"{folder}/{name}.keras")
        with (
            zipfile.ZipFile(f"{folder}/{name}.keras") as saved,
            zipfile.ZipFile(FOLDER / f"{name}.keras", "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for part in saved.namelist():
                packed.writestr(part, saved.read(part))


def main():
    """Writes all files of this folder."""
    names = {module: public_names(module) for module in MODULES}
    write("names.json", {"modules": names, "registered": registered_names()})
    write("commands.json", options())
    found = {}
    for name in VERBS:
        task = make_app(name)
        save(name, task)
        found[name] = {
            "asked": ASKED[name],
            "answers": answers(name, task, ASKED[name]),
            "served": served(task),
            "class": type(task).__name__,
        }
    write("answers.json", found)
    ran = []
    for case in COMMANDS:
        with tempfile.TemporaryDirectory() as folder:
            ran.append({**case, **run(case, folder)})
    write("outputs.json", {"cards": cards(), "commands": ran})


if __name__ == "__main__":
    main()
