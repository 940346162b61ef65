"""What the recipes of apps build them of: networks and vocabularies."""

import keras
import tensorflow as tf

from apps import datasets, registry
from apps.text.subword_tokenizer import SubwordTokenizer, learn_subwords
from apps.text.tokenizers import WordTokenizer, learn_vocabulary
from zoo.presets import load
from zoo.whole_files import write_whole

_VOCABULARY = {"splits", "vocabulary_size", "min_count", "lowercase"}


def texts_of(parts, data_dir, place=0):
    """Datasets of the texts, or of the words, of parts of corpora `(name, split)`.

    Of several columns the strings are joined by blanks. The place 0 is that of `x`, 1 that of `y`.
    """

    def texts(name, split):
        columns = registry.get(datasets.info(name).task).x

        def text(*example):
            found = example[place]
            if not isinstance(found, dict):
                return found
            strings = [tf.reshape(found[column], [-1]) for column in columns]
            return tf.strings.reduce_join(tf.concat(strings, 0), separator=" ")

        return datasets.load(name, split, data_dir=data_dir).map(text)

    return [texts(name, split) for name, split in parts]


def network(recipe, backbone_class, make_tokenizer, run_dir, data_dir):
    """The backbone and its tokenizer: new ones, or those of `start_from`."""
    if not recipe.start_from:
        tokenizer = make_tokenizer(recipe, run_dir, data_dir)
        keras.utils.set_random_seed(recipe.seed)  # preparing a corpus has drawn from it
        sizes = recipe.network.model_dump(exclude={"kind"})
        return backbone_class(tokenizer.vocabulary_size(), **sizes), tokenizer
    start = load(recipe.start_from)
    if not isinstance(start.backbone, backbone_class):
        raise ValueError(
            f"`start_from` must be a preset with a {backbone_class.__name__}, got "
            f"{recipe.start_from!r}, which has a {type(start.backbone).__name__}."
        )
    return _start_backbone(recipe, start), start.preprocessor.tokenizer


def _start_backbone(recipe, start):
    """The backbone of an app to start from, with the recipe's rates of dropout."""
    config = start.backbone.get_config()
    rates = {key: getattr(recipe.network, key) for key in config if key.endswith("dropout")}
    backbone = type(start.backbone).from_config({**config, **rates})
    backbone.set_weights(start.backbone.get_weights())
    return backbone


def options(recipe):
    return recipe.preprocessor.model_dump(exclude=_VOCABULARY)


def subwords(recipe, run_dir, data_dir):
    """The tokenizer of subwords, whose vocabulary is learnt if its file is not there."""
    section, file = recipe.preprocessor, run_dir / "vocabulary.spm"
    if not file.exists():
        parts = [recipe.part(name) for name in section.splits]
        texts = texts_of(parts, data_dir) + texts_of(parts, data_dir, 1)
        vocabulary = learn_subwords(texts, section.vocabulary_size, section.kind)
        write_whole(file, vocabulary)
    return SubwordTokenizer(str(file))


def words(recipe, run_dir, data_dir):
    """The tokenizer of words, whose vocabulary is learnt if its file is not there."""
    section, file = recipe.preprocessor, run_dir / "vocabulary.txt"
    tokenizer = WordTokenizer(lowercase=section.lowercase)
    if not file.exists():
        parts = [recipe.part(name) for name in section.splits]
        own = [part for part in parts if part[0] == recipe.data.name]
        others = [part for part in parts if part not in own]
        words = learn_vocabulary(
            texts_of(own or others, data_dir),
            tokenizer,
            section.vocabulary_size,
            section.min_count,
            others=texts_of(others, data_dir) if own else (),
        )
        write_whole(file, "".join(f"{word}\n" for word in words))
    tokenizer.set_vocabulary(file)
    return tokenizer
