"""Bringing weights from Keras' own layers, and back."""


class KerasCounterpart:
    """A recurrent layer that computes what a layer of Keras computes.

    A subclass sets `keras_class`, and maps the weights where the two differ. What this package
    leaves out, Keras' layer must not use: see `FIXED`.
    """

    keras_class = None

    @classmethod
    def from_keras(cls, layer):
        """Makes this layer from Keras' one: its options, weights and, if `stateful`, states.

        Initialisers are left behind, and so is `use_cudnn`. With `recurrent_dropout` Keras draws
        masks for each gate apart, and this package one for all.

        Args:
            layer: A built layer of `keras_class`.

        Raises:
            TypeError: For a layer of another class.
            ValueError: For a layer that is not built, or that uses what this package leaves out.
        """
        if not isinstance(layer, cls.keras_class):
            raise TypeError(
                f"`layer` must be a `keras.layers.{cls.keras_class.__name__}`, got {layer!r}."
            )
        check_built(layer)
        config = {**layer.get_config(), "seed": layer.cell.seed}  # SimpleRNN's config lacks it
        check_mappable(config)
        new = cls(**{key: value for key, value in config.items() if key not in LEFT_BEHIND})
        copy_weights(layer, new, new.from_keras_weights)
        return new

    def to_keras(self):
        """Makes Keras' layer from this one: its options, weights and, if `stateful`, states.

        Raises:
            ValueError: For a layer that is not built.
        """
        check_built(self)
        new = self.keras_class(**self.get_config())
        copy_weights(self, new, self.to_keras_weights)
        return new

    def from_keras_weights(self, weights):
        """The weights of this layer's cell, from those of Keras' one."""
        return weights

    def to_keras_weights(self, weights):
        """The weights of Keras' cell, from those of this layer's one."""
        return weights


# The options of Keras' layers that this package leaves out, with their only mappable value.
FIXED = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "kernel_regularizer": None,
    "recurrent_regularizer": None,
    "bias_regularizer": None,
    "kernel_constraint": None,
    "recurrent_constraint": None,
    "bias_constraint": None,
}
LEFT_BEHIND = {*FIXED, "kernel_initializer", "recurrent_initializer", "bias_initializer"}


def check_built(layer):
    if not layer.built:
        raise ValueError(f"`layer` must be built, for its weights to be copied, got {layer!r}.")


def check_mappable(config):
    for key, only in FIXED.items():
        if config.get(key, only) != only:
            raise ValueError(f"`layer` must have `{key}={only!r}`, got {config[key]!r}.")


def copy_weights(old, new, mapped):
    batch = old.states[0].shape[0] if old.stateful else None
    new.build((batch, None, old.cell.kernel.shape[0]))
    new.cell.set_weights(mapped(old.cell.get_weights()))
    if old.stateful:
        for state, value in zip(new.states, old.states):
            state.assign(value)
