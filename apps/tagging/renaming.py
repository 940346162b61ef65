"""Entities of another corpus, under the names that their classes have here."""

import tensorflow as tf


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
