"""Training an encoder as a language model, on texts without labels."""

import functools

import keras
import tensorflow as tf
from keras import ops

from apps.core.losses import per_replica
from zoo import layers


class BidirectionalLanguageModel(keras.Model):
    """Two language models in one: the first bidirectional layer of a `RecurrentEncoder`.

        forward:   -log p(x_{t+1} | x_1 .. x_t)
        backward:  -log p(x_{t-1} | x_t .. x_T)

    Each direction's state is projected to the size of a word embedding and
    scored against the embeddings of the input, which are tied to the output.
    The softmax is sampled (`zoo.layers.SampledSoftmax`). Only the first layer
    can be trained so: above it each direction has seen both sides.

    Args:
        encoder: A bidirectional `RecurrentEncoder`; its embeddings and first layer are trained.
        samples: Number of sampled words of the softmax.
        dropout: Rate of the dropout of embeddings and states.
        seed: Seed of the sampling.

    Call arguments:
        inputs: Dictionary of integer tensors `(B, T, ...)`, windows of running text: the inputs
            of the encoder, without `padding_mask`; it may have more.

    Returns:
        The mean loss in nats per word and direction, a scalar. It is also the
        model's loss: `compile(optimizer)`, then `fit` on windows alone.

    Errors:
        ValueError: If the encoder is not bidirectional.

    Reference: Dai and Le 2015, arXiv:1511.01432 (pretraining); Peters et al. 2018,
    arXiv:1802.05365, section 3.1 (both directions); Press and Wolf 2017, arXiv:1608.05859 (tying).
    """

    def __init__(self, encoder, *, samples=512, dropout=0.1, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not encoder.bidirectional:
            raise ValueError("`encoder` must be bidirectional to be pretrained in both directions.")
        self.word_vectors = encoder.word_vector_model()
        self.embedding = encoder.token_embedding
        self.recurrent = encoder.recurrent_layers[0]
        self.dropout = keras.layers.Dropout(dropout, seed=seed)
        self.forward_projection = keras.layers.Dense(encoder.embedding_dim)
        self.backward_projection = keras.layers.Dense(encoder.embedding_dim)
        self.sampled_softmax = layers.SampledSoftmax(encoder.vocabulary_size, samples, seed)

    def call(self, inputs, training=False):
        words = inputs["token_ids"]
        inputs = {name: inputs[name] for name in self.word_vectors.input}
        x = self.word_vectors(inputs, training=training)  # (B, T, E')
        x = self.dropout(x, training=training)
        states = self.recurrent(x)  # (B, T, 2H)
        forward, backward = ops.split(states, 2, axis=-1)  # (B, T, H) each
        pairs = [
            (self.forward_projection(forward[:, :-1]), words[:, 1:]),
            (self.backward_projection(backward[:, 1:]), words[:, :-1]),
        ]
        hidden, targets = (ops.concatenate(part, axis=0) for part in zip(*pairs))
        hidden = self.dropout(hidden, training=training)
        hidden = ops.reshape(hidden, (-1, hidden.shape[-1]))  # (2 B (T-1), E)
        losses = self.sampled_softmax(
            hidden, targets=ops.reshape(targets, (-1,)), embeddings=self.embedding.embeddings
        )
        return ops.mean(losses)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return per_replica(y_pred)


def windows(texts, preprocessor, size):
    """Cuts a corpus into windows of running text.

    Texts are strung together with a padding id between them; of every 500
    texts the last words that fill no window are dropped.

    Args:
        texts: List of `tf.data.Dataset`s of scalar strings, or of words, string tensors `(None,)`.
        preprocessor: A preprocessor with `words` and `features`.
        size: Number `T` of words in a window.

    Returns:
        `tf.data.Dataset` of dictionaries of integer tensors `(T, ...)`, kept in memory.
    """

    def cut(batch):
        words = preprocessor.words(batch)  # (B, None)
        between = tf.fill([words.nrows(), 1], "")
        words = tf.concat([words, tf.RaggedTensor.from_tensor(between)], axis=1).values  # (N,)
        features = preprocessor.features(words)
        is_word = words != ""
        return {name: in_windows(value, is_word) for name, value in features.items()}

    def in_windows(feature, is_word):
        shape = [-1, *[1] * (feature.shape.rank - 1)]
        feature = feature * tf.cast(tf.reshape(is_word, shape), feature.dtype)
        count = tf.shape(feature)[0] // size
        return tf.reshape(feature[: count * size], [count, size, *feature.shape[1:]])

    parts = [part.ragged_batch(500).map(cut, num_parallel_calls=tf.data.AUTOTUNE) for part in texts]
    dataset = functools.reduce(tf.data.Dataset.concatenate, parts)
    return dataset.unbatch().cache()
