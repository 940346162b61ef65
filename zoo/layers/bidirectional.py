"""Both directions of a recurrent layer."""

import keras
from keras import ops

from zoo.layers._keras_counterpart import check_built, copy_weights
from zoo.layers._recurrence import recur
from zoo.layers._recurrent_layer import RecurrentLayer
from zoo.layers.gru import GRU
from zoo.layers.lstm import LSTM
from zoo.layers.simple_rnn import SimpleRNN

MERGES = {
    "concat": lambda forward, backward: ops.concatenate([forward, backward], -1),
    "sum": ops.add,
    "ave": lambda forward, backward: (forward + backward) / 2,
    "mul": ops.multiply,
    None: lambda forward, backward: (forward, backward),
}


@keras.saving.register_keras_serializable("zoo")
class Bidirectional(keras.layers.Bidirectional):
    """A recurrent layer from left to right, and another from right to left.

        y_t = merge(forward(x)_t, backward(x)_t)

    It is Keras' wrapper, but for this package's layers both directions run in one loop over time,
    and so do their gradients. Weights, and the files they are saved in, are as Keras has them;
    `from_keras` makes it from a `keras.layers.Bidirectional`, and `to_keras` the other way round.

    Args:
        layer: A `SimpleRNN`, `GRU`, `LSTM` or `PeepholeLSTM` for left to right, of which a fresh
            one is made; or what Keras' wrapper takes, and then runs as there.
        merge_mode: `"concat"`, `"sum"`, `"ave"`, `"mul"`, or `None` for a pair of outputs.
        weights: List of initial weights of both directions.
        backward_layer: Layer for right to left; by default it is made from `layer`.
        **kwargs: `name`, `dtype`.

    Call arguments:
        sequences: Float tensor `(B, T, D)`.
        initial_state: List of the states of the forward, then of the backward layer; zeros by
            default.
        mask: Boolean tensor `(B, T)`. Where it is false the states stay, and with
            `return_sequences` the output is zero.
        training: Whether to apply dropout, with one mask per sequence and direction.

    Returns:
        The merged last outputs `(B, 2 H)`, or all `(B, T, 2 H)` if `layer` has `return_sequences`;
        `H` for `2 H` where they are not concatenated. If it has `return_state`, a tuple of this,
        the forward layer's states and the backward layer's.

    Raises:
        ValueError: For an unknown `merge_mode`, layers that do not match, or tensors of other
            shapes.

    Example:
        >>> layer = Bidirectional(zoo.layers.GRU(8, return_sequences=True))
        >>> tuple(layer(ops.ones((2, 5, 3))).shape)
        (2, 5, 16)

    Reference: Schuster and Paliwal 1997, "Bidirectional Recurrent Neural Networks".
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.supports_masking = True  # Keras 3.16 sets it to false
        if not self.trainable:
            self.forward_layer.trainable = self.backward_layer.trainable = False

    def call(self, sequences, initial_state=None, mask=None, training=False):
        layers = [self.forward_layer, self.backward_layer]
        if not fit_in_one_loop(*layers, training):
            return super().call(sequences, initial_state, mask, training)
        halves = (None, None)
        if initial_state is not None:
            half = len(initial_state) // 2
            halves = initial_state[:half], initial_state[half:]
        directions, tensors = zip(
            *(layer.begin(sequences, half, mask, training) for layer, half in zip(layers, halves))
        )
        results = recur(directions, tensors, **self.forward_layer.loop_options(training))
        ends = [
            layer.end(*result, each.get("mask"))
            for layer, result, each in zip(layers, results, tensors)
        ]
        return self._merged(*ends)

    @classmethod
    def from_keras(cls, layer):
        """Makes this layer from Keras' wrapper: its options, and the layers in it.

        Args:
            layer: A built `keras.layers.Bidirectional` of `SimpleRNN`, `GRU` or `LSTM`.

        Raises:
            TypeError: For a layer of another class, or with such layers in it.
            ValueError: For a layer that is not built.
        """
        if type(layer) is not keras.layers.Bidirectional:
            raise TypeError(f"`layer` must be a `keras.layers.Bidirectional`, got {layer!r}.")
        return rewrapped(layer, cls, counterpart_of)

    def to_keras(self):
        """Makes Keras' wrapper from this one.

        Raises:
            TypeError: For layers that Keras does not have.
            ValueError: For a layer that is not built.
        """
        return rewrapped(self, keras.layers.Bidirectional, keras_counterpart_of)

    def _merged(self, forward, backward):
        """What the layer returns, from what its two directions return."""
        states = ()
        if self.return_state:
            (forward, *states), (backward, *others) = forward, backward
            states = (*states, *others)
        if self.return_sequences:
            backward = ops.flip(backward, 1)
        outputs = [ops.cast(each, self.compute_dtype) for each in (forward, backward)]
        output = MERGES[self.merge_mode](*outputs)
        if not self.return_state:
            return output
        return (*output, *states) if self.merge_mode is None else (output, *states)


def rewrapped(layer, wrapper_class, convert):
    """A built wrapper as one of another class, its layers put through `convert`."""
    check_built(layer)
    halves = [convert(half) for half in (layer.forward_layer, layer.backward_layer)]
    # Keras keeps no options of the wrapper but these, and makes the forward layer anew.
    options = {name: layer.get_config()[name] for name in ("name", "trainable", "dtype")}
    new = wrapper_class(halves[0], layer.merge_mode, backward_layer=halves[1], **options)
    new.build((None, None, halves[0].cell.kernel.shape[0]))
    copy_weights(halves[0], new.forward_layer)
    return new


def counterpart_of(layer):
    for own in (SimpleRNN, GRU, LSTM):
        if isinstance(layer, own.keras_class):
            return own.from_keras(layer)
    raise TypeError(f"`layer` must have a SimpleRNN, GRU or LSTM of Keras in it, got {layer!r}.")


def keras_counterpart_of(layer):
    if not hasattr(layer, "to_keras"):
        raise TypeError(f"Keras has no layer for {layer!r}.")
    return layer.to_keras()


def fit_in_one_loop(forward, backward, training):
    layers = (forward, backward)
    return (
        all(isinstance(layer, RecurrentLayer) and layer.cell.passes_in_use for layer in layers)
        and not any(layer.runs_on_cudnn(training) for layer in layers)
        and all(layer.activity_regularizer is None for layer in layers)
        and forward.unroll == backward.unroll
    )
