"""Making this package's layers of Keras' own, and back."""


class KerasCounterpart:
    """A recurrent layer with the arguments, the weights and the answers of a layer of Keras.

    A subclass sets `keras_class`.
    """

    keras_class = None

    @classmethod
    def from_keras(cls, layer):
        """Makes this layer from Keras' one: its options, weights and, if `stateful`, states.

        With `recurrent_dropout` Keras draws masks for each gate apart, and this package one for
        all.

        Args:
            layer: A built layer of `keras_class`.

        Raises:
            TypeError: For a layer of another class.
            ValueError: For a layer that is not built.
        """
        if not isinstance(layer, cls.keras_class):
            raise TypeError(
                f"`layer` must be a `keras.layers.{cls.keras_class.__name__}`, got {layer!r}."
            )
        return counterpart(layer, cls)

    def to_keras(self):
        """Makes Keras' layer from this one: its options, weights and, if `stateful`, states.

        Raises:
            ValueError: For a layer that is not built.
        """
        return counterpart(self, self.keras_class)


def counterpart(layer, other_class):
    """A layer of another class with a recurrent layer's options, weights and states."""
    check_built(layer)
    config = {**layer.get_config(), "seed": layer.cell.seed}  # Keras' SimpleRNN lacks it
    new = other_class.from_config(config)
    if hasattr(layer, "use_cudnn"):
        new.use_cudnn = layer.use_cudnn
    batch = layer.states[0].shape[0] if layer.stateful else None
    new.build((batch, None, layer.cell.kernel.shape[0]))
    copy_weights(layer, new)
    return new


def copy_weights(layer, other):
    """Gives another layer of the same shapes a layer's weights and, if `stateful`, its states."""
    other.cell.set_weights(layer.cell.get_weights())
    if layer.stateful:
        for state, value in zip(other.states, layer.states):
            state.assign(value)


def check_built(layer):
    if not layer.built:
        raise ValueError(f"`layer` must be built, for its weights to be copied, got {layer!r}.")
