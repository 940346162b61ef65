"""Cross-entropy over a large vocabulary, estimated from a sample."""

import math

import keras
from keras import ops

from zoo.layers._checks import check_positive


@keras.saving.register_keras_serializable("zoo")
class SampledSoftmax(keras.layers.Layer):
    """Cross-entropy of a softmax whose sum runs over a few sampled words.

    With `s(w) = h . e_w + b_w` the score of word `w`, a sample `S` of `k`
    words drawn with replacement from `Q`, and the target `y`:

        loss = log(exp(s(y)) + sum_{w in S, w != y} exp(s(w)) / (k Q(w))) - s(y)
        Q(w) = log((w + 2) / (w + 1)) / log(V + 1)

    The sum over `S` estimates that over all other words without bias.
    `Q` is log-uniform over ids: the vocabulary has to be sorted by falling
    frequency. The sample is drawn anew at every call and shared by all targets
    of the call. Word embeddings are the caller's, so that they can be tied to
    those of the input.

    Args:
        vocabulary_size: Number `V` of words.
        samples: Number `k` of sampled words.
        seed: Seed of the sampling, an integer.

    Call arguments:
        inputs: Float tensor `(N, E)`, the states `h`.
        targets: Integer tensor `(N,)`, ids below `V`.
        embeddings: Float tensor `(V, E)`, the rows `e`.

    Returns:
        Float32 tensor `(N,)`, a loss in nats for each target. It estimates that
        of the full softmax, on average from below.

    Errors:
        ValueError: If `vocabulary_size` or `samples` is not positive.

    Example:
        >>> layer = SampledSoftmax(100, samples=10)
        >>> embeddings = ops.ones((100, 8))
        >>> tuple(layer(ops.ones((4, 8)), targets=ops.arange(4), embeddings=embeddings).shape)
        (4,)

    Reference: Jean et al. 2015, arXiv:1412.2007, section 3; Bengio and Senecal 2008.
    """

    def __init__(self, vocabulary_size, samples=512, seed=None, **kwargs):
        super().__init__(**kwargs)
        check_positive(vocabulary_size=vocabulary_size, samples=samples)
        self.vocabulary_size = vocabulary_size
        self.samples = samples
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.bias = self.add_weight((self.vocabulary_size,), "zeros", name="bias")

    def call(self, inputs, targets, embeddings):
        targets = ops.cast(targets, "int32")
        sampled = self.sample()  # (k,)
        embeddings = ops.cast(embeddings, inputs.dtype)
        bias = ops.cast(self.bias, "float32")
        target_bias = ops.take(bias, targets)
        sampled_bias = ops.take(bias, sampled) - self.log_expected_count(sampled)

        target_rows = ops.take(embeddings, targets, axis=0)  # (N, E)
        target_scores = ops.sum(inputs * target_rows, axis=-1)  # (N,)
        target_scores = ops.cast(target_scores, "float32") + target_bias
        sampled_rows = ops.take(embeddings, sampled, axis=0)  # (k, E)
        sampled_scores = ops.cast(inputs @ ops.transpose(sampled_rows), "float32")
        sampled_scores = sampled_scores + sampled_bias  # (N, k)
        hits = targets[:, None] == sampled[None, :]
        sampled_scores = ops.where(hits, -1e9, sampled_scores)

        scores = ops.concatenate([target_scores[:, None], sampled_scores], axis=-1)
        return ops.logsumexp(scores, axis=-1) - target_scores

    def sample(self):
        """`k` ids drawn with replacement from `Q`, by inverting its cumulative sum."""
        uniform = keras.random.uniform((self.samples,), seed=self.seed_generator)
        ids = ops.exp(uniform * math.log(self.vocabulary_size + 1)) - 1
        return ops.clip(ops.cast(ids, "int32"), 0, self.vocabulary_size - 1)

    def log_expected_count(self, ids):
        """`log(k Q(w))` for each id."""
        ids = ops.cast(ids, "float32")
        probability = ops.log1p(1 / (ids + 1)) / math.log(self.vocabulary_size + 1)
        return ops.log(self.samples * probability)

    def compute_output_spec(self, inputs, *args, **kwargs):
        return keras.KerasTensor((inputs.shape[0],), "float32")

    def get_config(self):
        config = {"vocabulary_size": self.vocabulary_size, "samples": self.samples}
        return {**super().get_config(), **config, "seed": self.seed}
