"""Small corpora that tests register, and a recipe for each network of each app."""

import tensorflow as tf

from apps import datasets
from apps.recipes import read_recipe

# Values that are no defaults, of all fields of the sections that describe an app.
WORDS = {"splits": ["train", "others/train"], "vocabulary_size": 6, "min_count": 1}
WORDS["lowercase"] = False
RATES = {"word_dropout": 0.1, "embedding_dropout": 0.2, "dropout": 0.3, "recurrent_dropout": 0.4}
ENCODER = {"embedding_dim": 2, "units": 3, "depth": 2, "cell": "lstm", **RATES}
ENCODER |= {"bidirectional": False, "residual": False}
CHARACTERS = {"char_encoder": "rnn", "char_embedding_dim": 3, "char_units": 2, "casing_dim": 1}
STORY = {**WORDS, "story_length": 2}
APPS = {
    "sentiment": {
        "app": "sentiment",
        "preprocessor": {**WORDS, "sequence_length": 5, "truncate": "end"},
        "network": ENCODER,
        "head": {"pooling": "mean", "dropout": 0.2},
    },
    "tagging": {
        "app": "tagging",
        "preprocessor": {**WORDS, "word_length": 5},
        "network": {**ENCODER, **CHARACTERS, "join": "gate"},
        "head": {"head": "softmax", "dropout": 0.2},
    },
    "translation": {
        "app": "translation",
        "preprocessor": {
            "splits": ["train", "others/train"],
            "vocabulary_size": 9,
            "kind": "char",
            "sequence_length": 5,
        },
        "network": {
            "embedding_dim": 3,
            "units": 4,
            "encoder_units": 3,
            "encoder_depth": 2,
            "encoder_bidirectional": False,
            "decoder_depth": 2,
            "cell": "lstm",
            "conditioning": "every_step",
            "attention": "multi_head",
            "attention_units": 5,
            "attention_window": 2,
            "attention_heads": 3,
            "input_feeding": False,
            "tied_embeddings": "all",
            **RATES,
        },
        "head": {
            "label_smoothing": 0.2,
            "sampling_rate": 0.3,
            "sampling_steps": 7,
            "monitor": "chrf",
        },
    },
    "entity network": {
        "app": "question_answering",
        "preprocessor": STORY,
        "network": {
            "kind": "entity_network",
            "units": 3,
            "slots": 2,
            "sentence_length": 4,
            "dropout": 0.1,
        },
    },
    "gru of stories": {
        "app": "question_answering",
        "preprocessor": STORY,
        "network": {"kind": "story_gru", "embedding_dim": 2, "units": 3, "dropout": 0.1},
    },
    "tensor products": {
        "app": "question_answering",
        "preprocessor": STORY,
        "network": {
            "kind": "tensor_product",
            "units": 3,
            "entity_dim": 2,
            "relation_dim": 4,
            "hops": 2,
            "chains": 3,
            "sentence_length": 4,
            "gate_bias": 1.5,
            "dropout": 0.1,
        },
    },
}


def examples(task, words):
    """Six examples of a task that are made of some words."""
    first, second, third = words
    texts = [f"{first} {second}", f"{second} {third}", first] * 2
    if task == "sentiment":
        return tf.data.Dataset.from_tensor_slices((texts, [0, 1] * 3))
    if task == "translation":
        return tf.data.Dataset.from_tensor_slices((texts, texts[::-1]))
    if task == "tagging":
        rows = tf.ragged.constant([text.split() for text in texts])
        tags = tf.ragged.constant([["B-X"] * len(text.split()) for text in texts])
        return tf.data.Dataset.from_tensor_slices((rows, tags))
    stories = {"story": tf.ragged.constant([[text] for text in texts]), "question": texts}
    return tf.data.Dataset.from_tensor_slices((stories, ["yes", "no"] * 3))


def own_and_others(task):
    """Registers two corpora of a task."""
    for name, words in {"own": ("Aa", "bb", "cc"), "others": ("dd", "ee", "ff")}.items():
        part = examples(task, words)
        labels = {"tagging": ["O", "B-X", "I-X"], "question_answering": ["no", "yes"]}.get(task)
        datasets.register(name, task, labels=labels, train=part, validation=part)


def forget_corpora():
    for name in ("own", "others"):
        datasets.corpora.IN_MEMORY.pop(name, None)
        datasets.corpora._BY_NAME.pop(name, None)


def recipe_of(app, **sections):
    fields = {**APPS[app], **sections}
    return read_recipe({"name": "all_fields", "data": {"name": "own"}, **fields})
