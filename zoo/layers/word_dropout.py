"""Unknown words to learn from."""

import keras
from keras import ops

from zoo.layers._checks import check_rate


@keras.saving.register_keras_serializable("zoo")
class WordDropout(keras.layers.Layer):
    """Puts the id of an unknown word in the place of some words, in training.

        x'_t = u with probability p, else x_t

    The embedding of the unknown word is learnt so, and the rest of the network learns to do with
    characters and context. Padding, id 0, stays.

    Args:
        rate: Probability `p` in [0, 1).
        unknown_id: The id `u`.
        seed: Integer that fixes which words are dropped.

    Call arguments:
        inputs: Integer tensor of any shape, `(B, T)` say.
        training: Whether to drop words; else they pass as they are.

    Returns:
        Integer tensor as `inputs`.

    Errors:
        ValueError: If `rate` is out of [0, 1).

    Example:
        >>> ops.convert_to_numpy(WordDropout(0.5)(ops.array([[5, 6, 0]]))).tolist()
        [[5, 6, 0]]

    Reference: Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for Text
    Classification", section 3.1; Lample et al. 2016, arXiv:1603.01360, section 4.3 (for words
    that are seen once).
    """

    def __init__(self, rate, unknown_id=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        check_rate("rate", rate)
        self.rate = rate
        self.unknown_id = unknown_id
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        chance = keras.random.uniform(ops.shape(inputs), seed=self.seed_generator)
        dropped = ops.logical_and(chance < self.rate, inputs != 0)
        return ops.where(dropped, ops.cast(self.unknown_id, inputs.dtype), inputs)

    def compute_output_spec(self, inputs, training=False):
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self):
        config = {"rate": self.rate, "unknown_id": self.unknown_id, "seed": self.seed}
        return {**super().get_config(), **config}
