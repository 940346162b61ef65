"""Losses for `compile`."""

import keras
from keras import ops

from zoo.argument_names import names_the_nearest


@names_the_nearest
@keras.saving.register_keras_serializable("apps")
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy with a share of each label spread over all classes, from logits.

        loss = -(1 - a) log p_y - (a / V) sum_v log p_v

    It is `keras.losses.CategoricalCrossentropy(label_smoothing=a)` for labels that are integers, of
    which it makes no one-hot vectors. By default it is averaged by the weights of the labels, so
    that padding with the weight 0 does not count.

    Args:
        label_smoothing: The share `a` in [0, 1).
        reduction: As in `keras.losses.Loss`.
        name: Its name.

    Call arguments:
        y_true: Integer tensor `(B, T)`.
        y_pred: Float tensor `(B, T, V)`, logits.
        sample_weight: Float tensor `(B, T)`, or `None`.

    Returns:
        The mean, in nats a label.

    Errors:
        ValueError: If `label_smoothing` is not in [0, 1).

    Example:
        >>> loss = SmoothedCrossentropy(0.1)(keras.ops.array([[1]]), keras.ops.zeros((1, 1, 4)))
        >>> round(float(loss), 4)  # log 4
        1.3863

    Reference: Szegedy et al. 2016, arXiv:1512.00567, section 7.
    """

    def __init__(
        self,
        label_smoothing=0.0,
        reduction="mean_with_sample_weight",
        name="smoothed_crossentropy",
        **kwargs,
    ):
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"`label_smoothing` must be in [0, 1), got {label_smoothing!r}.")
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        if not self.label_smoothing:
            return losses
        labels = ops.cast(y_true, "int32")[..., None]
        true = ops.take_along_axis(y_pred, labels, axis=-1)[..., 0]
        # log p_v = z_v - log sum exp z: the sum of exponentials stands in `losses` already.
        return losses + self.label_smoothing * (true - ops.mean(y_pred, axis=-1))

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
