"""What apps with one class for each example share."""

from collections.abc import Mapping

import keras

from apps.core.precision import default_optimizer
from apps.core.preset_task import PresetTask
from apps.core.raw_text import shown


class ClassifierTask(PresetTask):
    """Mixin, as `PresetTask`, for tasks whose output is the probabilities of classes."""

    def compile(self, optimizer="auto", loss="auto", *, metrics="auto", **kwargs):
        """As `keras.Model.compile`, with defaults: Adam, cross-entropy, accuracy.

        The accuracy counts examples by their `sample_weight`, so that one of the weight 0 does not
        count; give `metrics` for another.
        """
        if optimizer == "auto":
            optimizer = default_optimizer(self.backbone)
        if loss == "auto":
            loss = keras.losses.SparseCategoricalCrossentropy()
        if metrics == "auto":
            accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
            metrics = None
            kwargs["weighted_metrics"] = [accuracy, *(kwargs.get("weighted_metrics") or ())]
        super().compile(optimizer=optimizer, loss=loss, metrics=metrics, **kwargs)

    def class_weights(self, weights):
        """The `class_weight` of `fit`, by indices of classes; those that it lacks weigh 1."""
        names, found = self.class_names, {}
        if not isinstance(weights, Mapping):
            raise TypeError(
                "`class_weight` must be a dictionary from a class to its weight, got "
                f"{shown(weights)}."
            )
        for key, value in weights.items():
            if key not in names and key not in range(len(names)):
                raise ValueError(
                    f"`class_weight` must have classes of {tuple(names)}, or their indices, for "
                    f"keys, got {key!r}."
                )
            found[names.index(key) if key in names else int(key)] = float(value)
        return {index: found.get(index, 1.0) for index in range(len(names))}
