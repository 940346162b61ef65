"""Precision, recall and F1 of entities."""

import keras
import numpy as np
from keras import ops

from apps.tagging.spans import OUTSIDE, begins_span, split_tag
from apps.tagging.tag_ids import tag_ids
from zoo.argument_names import names_the_nearest


@names_the_nearest
@keras.saving.register_keras_serializable("apps")
class EntityScores(keras.metrics.Metric):
    """Precision, recall and F1 of the entities that tags stand for.

        precision = right / predicted
        recall    = right / gold
        F1        = 2 precision recall / (precision + recall)

    over all entities since the last reset. An entity is right if its class, its first and its last
    word are. What the entities of tags are, valid or not, `apps.tagging.spans.tag_spans` says. A
    ratio without a denominator is 0.

    `fit` logs the results under their own names, `f1` and `val_f1`, not under that of the metric:
    only one model output can have it.

    Args:
        tags: List of the tags by id, in IOB2 or BIOES.
        per_class: Whether to give the scores of each class as well.
        name: Name of the metric.
        **kwargs: `dtype`.

    Call arguments:
        y_true: Integer tensor `(B, T)`, ids below `len(tags)`, -1 at padding.
        y_pred: Integer tensor `(B, T)`, ids below `len(tags)`; any at padding.
        sample_weight: Must be `None`.

    Returns:
        `result()` gives a dictionary of floats: `precision`, `recall`, `f1`; with `per_class` also
        `precision_PER` and so on for each class.

    Errors:
        ValueError: For tags that are neither of IOB2 nor of BIOES, that come twice, or that have no
            class; for other shapes or dtypes, or for weights.

    Example:
        >>> metric = EntityScores(["O", "B-PER", "I-PER"])
        >>> metric.update_state([[1, 2, 0, 1]], [[1, 2, 0, 0]])
        >>> {name: round(float(score), 2) for name, score in metric.result().items()}
        {'precision': 1.0, 'recall': 0.5, 'f1': 0.67}

    Reference: Tjong Kim Sang and Buchholz 2000, "Introduction to the CoNLL-2000 Shared Task".
    """

    def __init__(self, tags, *, per_class=False, name="entities", **kwargs):
        super().__init__(name=name, **kwargs)
        parts = [split_tag(tag) for tag in tags]
        self.classes = sorted({label for _, label in parts if label})
        if not self.classes or len(set(parts)) < len(parts):
            raise ValueError(
                "`tags` must be different tags, of one class or more, such as "
                f"['O', 'B-PER', 'I-PER'], got {tags!r}."
            )
        self.tags = list(tags)
        self.per_class = per_class
        self.counts = self.add_variable(  # of right, predicted and gold entities
            (3, len(self.classes)), "zeros", dtype=self.dtype, name="counts"
        )
        parts.append(OUTSIDE)  # padding
        self._labels = np.array([(None, *self.classes).index(label) for _, label in parts], "int32")
        self._begins = np.array([[begins_span(a, b) for b in parts] for a in parts])

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, valid = tag_ids(y_true, y_pred, sample_weight)
        both = ops.where(valid, ops.stack([y_pred, y_true]), len(self.tags))  # (2, B, T)
        classes, ends = self._entities(both)
        right = ops.logical_and(classes[0] == classes[1], ends[0] == ends[1])
        right = ops.where(right, classes[0], 0)
        classes = ops.concatenate([right[None], classes])  # (3, B, T)
        ones = ops.one_hot(classes, len(self.classes) + 1, dtype=self.dtype)
        self.counts.assign_add(ops.sum(ones, axis=(1, 2))[:, 1:])

    def _entities(self, tags):
        """For each word at which an entity begins its class, from 1, else 0; and where it ends.

        It ends at the next word outside or the next beginning, whichever is first.
        """
        before = ops.pad(tags[..., :-1], [(0, 0), (0, 0), (1, 0)], constant_values=len(self.tags))
        begins = ops.take(self._begins, before * len(self._begins) + tags)  # (2, B, T)
        labels = ops.take(self._labels, tags)
        borders = ops.logical_or(begins, labels == 0)
        end = ops.shape(tags)[-1]
        places = ops.sort(ops.where(borders, ops.arange(end, dtype="int32"), end))
        places = ops.pad(places, [(0, 0), (0, 0), (0, 1)], constant_values=end)  # (2, B, T + 1)
        passed = ops.cumsum(ops.cast(borders, "int32"), axis=-1)  # borders so far, this one too
        return ops.where(begins, labels, 0), ops.take_along_axis(places, passed, axis=-1)

    def result(self):
        totals = ops.sum(self.counts, axis=1)
        scores = dict(zip(("precision", "recall", "f1"), self._scores(totals)))
        if self.per_class:
            for index, label in enumerate(self.classes):
                each = self._scores(self.counts[:, index])
                names = (f"precision_{label}", f"recall_{label}", f"f1_{label}")
                scores.update(zip(names, each))
        return scores

    def _scores(self, counts):
        right, predicted, gold = counts[0], counts[1], counts[2]
        return (
            ops.divide_no_nan(right, predicted),
            ops.divide_no_nan(right, gold),
            ops.divide_no_nan(2 * right, predicted + gold),
        )

    def get_config(self):
        return {**super().get_config(), "tags": list(self.tags), "per_class": self.per_class}
