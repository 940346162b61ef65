"""A small translator, untrained, or trained to write words of four letters backwards."""

import functools
import itertools

import keras
import numpy as np
import tensorflow as tf
from toys import any_shape

import apps
from zoo.backbones import Seq2Seq

TEXTS = ["ab", "ba", "abc", "bca", "cab", "dab", "acd", "bd"]
ANSWERS = [text[::-1] for text in TEXTS]
START, END = 2, 3


@functools.cache
def vocabulary():
    return apps.learn_subwords([TEXTS], 20, kind="char")  # 9 ids: 4 special, the space, 4 letters


def make_preprocessor(sequence_length=12, **kwargs):
    return apps.TranslationPreprocessor(
        apps.SubwordTokenizer(vocabulary()), sequence_length, **kwargs
    )


def make_translator(network=None, preprocessor=None, scale=1, units=6, **kwargs):
    """An untrained translator; a `scale` above 1 makes its answers less alike."""
    preprocessor = preprocessor or make_preprocessor()
    backbone = Seq2Seq(preprocessor.tokenizer.vocabulary_size(), units, units, **(network or {}))
    backbone.set_weights([scale * weight for weight in backbone.get_weights()])
    return apps.Translator(backbone, preprocessor, **kwargs)


def trained_translator():
    """One that knows `ANSWERS`."""
    translator = make_translator(units=32, label_smoothing=0.0)
    translator.backbone.set_weights(trained_weights())
    return translator


@functools.cache
def trained_weights():
    return train().backbone.get_weights()


def train():
    keras.utils.set_random_seed(0)
    translator = make_translator(units=32, label_smoothing=0.0)
    translator.compile(keras.optimizers.Adam(0.03, global_clipnorm=1.0))
    translator.fit(TEXTS * 90, ANSWERS * 90, batch_size=8, shuffle=False, verbose=0)
    return translator


def for_any_texts(translator, *beam_widths):
    """The translator, its searches of these widths traced once for texts of any number and size."""
    inputs, _ = translator.preprocessor.encode(["ab"])
    for width in beam_widths:
        any_shape(translator._generator(width, 1.0, None, None), inputs)
    ids = tf.ones((1, 1), "int32")
    scorer = translator._networks.scorer(translator.backbone)
    any_shape(scorer, {**inputs, "target_ids": ids, "labels": ids})
    return translator


def ids_of(translator, tokens):
    return [translator.preprocessor.tokenizer.token_to_id(token) for token in tokens]


def network_outputs(translator, text, ids):
    """What the whole network gives for a text alone, its decoder with ids, or with rows of them."""
    rows = np.atleast_2d(ids)
    inputs, _ = translator.preprocessor.encode([text] * len(rows))
    starts = np.full((len(rows), 1), START)
    inputs["target_ids"] = keras.ops.array(np.concatenate([starts, rows[:, :-1]], 1), "int32")
    outputs = translator(inputs, training=False)
    outputs = {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}
    return outputs if np.ndim(ids) == 2 else {name: each[0] for name, each in outputs.items()}


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def score_by_hand(translator, text, ids):
    """The mean log-probability of ids."""
    log_p = log_softmax(network_outputs(translator, text, ids)["logits"])
    return np.mean(log_p[np.arange(len(ids)), ids])


def best_by_hand(translator, text, length_penalty):
    """The best of all translations of up to three ids that end, as `BeamSampler` defines it."""
    endings = [
        [*ids, END] for count in range(3) for ids in itertools.product(range(4, 9), repeat=count)
    ]
    rows = np.array([ids + [0] * (3 - len(ids)) for ids in endings])
    logits = network_outputs(translator, text, rows)["logits"][..., 3:]  # what may be chosen
    log_p = np.take_along_axis(log_softmax(logits), np.maximum(rows, 3)[..., None] - 3, -1)[..., 0]
    lengths = np.array([len(ids) for ids in endings])
    scores = np.sum(log_p * (rows > 0), axis=1) / ((5 + lengths) / 6) ** length_penalty
    return endings[int(np.argmax(scores))]
