"""Share of right tags."""

import keras
from keras import ops

from apps.tagging.tag_ids import tag_ids
from zoo.argument_names import names_the_nearest


@names_the_nearest
@keras.saving.register_keras_serializable("apps")
class TagAccuracy(keras.metrics.Metric):
    """The share of words that have the right tag, over all words since the last reset.

    Args:
        name: Name in the logs.
        **kwargs: `dtype`.

    Call arguments:
        y_true: Integer tensor `(B, T)`, tag ids, -1 at padding.
        y_pred: Integer tensor `(B, T)`, tag ids; any at padding.
        sample_weight: Must be `None`.

    Returns:
        `result()` gives a float, 0 before the first word.

    Errors:
        ValueError: For other shapes or dtypes, or for weights.

    Example:
        >>> metric = TagAccuracy()
        >>> metric.update_state([[1, 2, 0], [1, -1, -1]], [[1, 0, 0], [1, 1, 0]])
        >>> float(metric.result())
        0.75
    """

    def __init__(self, name="accuracy", **kwargs):
        super().__init__(name=name, **kwargs)
        self.right = self.add_variable((), "zeros", dtype=self.dtype, name="right")
        self.words = self.add_variable((), "zeros", dtype=self.dtype, name="words")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred, valid = tag_ids(y_true, y_pred, sample_weight)
        right = ops.logical_and(valid, y_true == y_pred)
        self.right.assign_add(ops.sum(ops.cast(right, self.dtype)))
        self.words.assign_add(ops.sum(ops.cast(valid, self.dtype)))

    def result(self):
        return ops.divide_no_nan(self.right, self.words)
