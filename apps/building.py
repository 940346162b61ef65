"""From a recipe to an untrained app, with its vocabulary."""

import keras
import tensorflow as tf

from apps import datasets
from apps.question_answering import QuestionAnswerer
from apps.question_answering_preprocessor import QuestionAnsweringPreprocessor
from apps.sentiment import SentimentClassifier, SentimentPreprocessor
from apps.subword_tokenizer import SubwordTokenizer, learn_subwords
from apps.tagging import Tagger
from apps.tagging_preprocessor import TaggingPreprocessor
from apps.tokenizers import WordTokenizer, learn_vocabulary
from apps.translation import Translator
from apps.translation_preprocessor import TranslationPreprocessor
from zoo import backbones
from zoo.backbones import RecurrentEncoder, Seq2Seq
from zoo.presets import load
from zoo.whole_files import write_whole

_VOCABULARY = {"splits", "vocabulary_size", "min_count", "lowercase"}


def build_task(recipe, run_dir, data_dir):
    """The app that a recipe describes.

    Args:
        recipe: A `Recipe`.
        run_dir: Folder of the run, where the vocabulary is kept.
        data_dir: Folder with the corpora; see `apps.datasets.load`.

    Returns:
        An app, with random weights, or with those of `start_from` in its encoder.
    """
    return APPS[recipe.app](recipe, run_dir, data_dir)


def _sentiment(recipe, run_dir, data_dir):
    encoder, tokenizer = _network(recipe, RecurrentEncoder, _words, run_dir, data_dir)
    preprocessor = SentimentPreprocessor(tokenizer, **_options(recipe))
    labels = datasets.info(recipe.data.name).labels
    return SentimentClassifier(encoder, preprocessor, labels, **recipe.head.model_dump())


def _tagging(recipe, run_dir, data_dir):
    encoder, tokenizer = _network(recipe, RecurrentEncoder, _words, run_dir, data_dir)
    tags = datasets.info(recipe.data.name).labels
    preprocessor = TaggingPreprocessor(tokenizer, tags, **_options(recipe))
    return Tagger(encoder, preprocessor, **recipe.head.model_dump())


def _translation(recipe, run_dir, data_dir):
    network, tokenizer = _network(recipe, Seq2Seq, _subwords, run_dir, data_dir)
    preprocessor = TranslationPreprocessor(tokenizer, recipe.preprocessor.sequence_length)
    return Translator(network, preprocessor, **recipe.head.model_dump())


def _question_answering(recipe, run_dir, data_dir):
    kind = STORY_NETWORKS[recipe.network.kind]
    network, tokenizer = _network(recipe, kind, _words, run_dir, data_dir)
    answers = datasets.info(recipe.data.name).labels
    return QuestionAnswerer(
        network, QuestionAnsweringPreprocessor(tokenizer, answers, **_options(recipe))
    )


APPS = {
    "question_answering": _question_answering,
    "sentiment": _sentiment,
    "tagging": _tagging,
    "translation": _translation,
}
STORY_NETWORKS = {
    "entity_network": backbones.EntityNetwork,
    "story_gru": backbones.StoryGRU,
    "tensor_product": backbones.TensorProductNetwork,
}


def texts_of(parts, data_dir, place=0):
    """Datasets of the texts, or of the words, of parts of corpora `(name, split)`.

    Those of translations have sources, and in the place 1 targets; those of questions on stories
    the sentences of the story and the question in one.
    """

    def text(*example):
        if isinstance(example[0], dict):
            sentences = [example[0]["story"], example[0]["question"][None]]
            return tf.strings.reduce_join(tf.concat(sentences, 0), separator=" ")
        return example[place]

    parts = [datasets.load(name, split, data_dir=data_dir) for name, split in parts]
    return [part.map(text) for part in parts]


def rename_classes(examples, names):
    """Examples `(words, tags)` of another corpus, with the names that its classes have here.

    Args:
        examples: A `tf.data.Dataset` of words and of tags in IOB2, string tensors `(None,)`.
        names: New name of each class, by the old one.

    Returns:
        A dataset like it, of known size, without the sentences that have a class without a name.
    """
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(
            list(names), list(names.values()), tf.string, tf.string
        ),
        default_value="",
    )

    def renamed(words, tags):
        prefixes = tf.strings.regex_replace(tags, "-.*", "-")
        classes = table.lookup(tf.strings.regex_replace(tags, "^[BI]-", ""))
        inside = tags != "O"
        kept = tf.reduce_all(tf.logical_or(classes != "", tf.logical_not(inside)))
        return kept, (words, tf.where(inside, prefixes + classes, tags))

    kept = examples.map(renamed).filter(lambda kept, example: kept)
    kept = kept.map(lambda kept, example: example).cache()
    return kept.apply(tf.data.experimental.assert_cardinality(sum(1 for _ in kept)))


def _network(recipe, backbone_class, make_tokenizer, run_dir, data_dir):
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


def _options(recipe):
    return recipe.preprocessor.model_dump(exclude=_VOCABULARY)


def _subwords(recipe, run_dir, data_dir):
    """The tokenizer of subwords, whose vocabulary is learnt if its file is not there."""
    section, file = recipe.preprocessor, run_dir / "vocabulary.spm"
    if not file.exists():
        parts = [recipe.part(name) for name in section.splits]
        texts = texts_of(parts, data_dir) + texts_of(parts, data_dir, 1)
        vocabulary = learn_subwords(texts, section.vocabulary_size, section.kind)
        write_whole(file, vocabulary)
    return SubwordTokenizer(str(file))


def _words(recipe, run_dir, data_dir):
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
