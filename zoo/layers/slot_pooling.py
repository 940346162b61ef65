"""Words of a sentence picked for slots, by what they are and where they stand."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._masks import prepare_mask
from zoo.layers._products import product
from zoo.layers.attention._attention import masked_softmax


@keras.saving.register_keras_serializable("zoo")
class SlotPooling(keras.layers.Layer):
    """For each of a number of slots a weighted mean of the values of the words of a sentence.

        p_kj = softmax_j(a_k . x_j + b_kj),   b = W s + c
        y_k  = sum_j p_kj v_j

    for the words `x_j` of a sentence, their values `v_j`, and a summary `s` of the sentence, which
    tells where the word for a slot stands in sentences of its kind: the giver before the verb, the
    receiver after `to`. What is read is a mixture of values alone: the same word gives the same
    vector wherever it stands, so that slots of different sentences can be compared.

    Args:
        slots: Number `K` of slots.
        max_length: Number `M` of places. Words from the last one on share its score.

    Call arguments:
        inputs: Float tensor `(..., L, D)`, the words of sentences.
        summary: Float tensor `(..., S)`.
        values: Float tensor `(..., L, V)`, or `None` for `inputs`.
        mask: Boolean tensor `(..., L)`, true for words; or `None`.

    Returns:
        Float tensor `(..., K, V)`; zero for a sentence without words. The softmax runs in float32
        at least.

    Errors:
        ValueError: If `slots` or `max_length` is not positive, or tensors do not have these shapes.

    Example:
        >>> tuple(SlotPooling(2, 7)(ops.ones((3, 5, 8)), ops.ones((3, 4))).shape)
        (3, 2, 8)

    Reference: Lin et al. 2017, arXiv:1703.03130, section 2.1 (several weighted sums of one
    sentence); the scores of places are this package's own.
    """

    def __init__(self, slots, max_length, **kwargs):
        super().__init__(**kwargs)
        check_positive(slots=slots, max_length=max_length)
        self.slots = slots
        self.max_length = max_length
        self.supports_masking = True

    def build(self, inputs_shape, summary_shape):
        self.size, self.summary_size = inputs_shape[-1], summary_shape[-1]
        scores = self.slots * self.max_length
        self.word_kernel = self.add_weight((self.size, self.slots), name="word_kernel")
        self.place_kernel = self.add_weight((self.summary_size, scores), name="place_kernel")
        self.place_bias = self.add_weight((scores,), "zeros", name="place_bias")

    def call(self, inputs, summary, values=None, mask=None):
        lead = tuple(inputs.shape[:-2])
        values = inputs if values is None else values
        check_shape("inputs", inputs, (*lead, None, self.size), "(..., words, size)")
        check_shape("summary", summary, (*lead, self.summary_size), "(..., size)")
        check_shape("values", values, (*inputs.shape[:-1], None), "(..., words, size)")
        mask = prepare_mask(inputs, mask)[..., None, :]  # (..., 1, L)
        by_word = ops.swapaxes(product(inputs, self.word_kernel), -1, -2)  # (..., K, L)
        by_place = product(summary, self.place_kernel) + self.place_bias  # (..., K M)
        shape = (*ops.shape(summary)[:-1], self.slots, self.max_length)
        place = ops.minimum(ops.arange(ops.shape(inputs)[-2], dtype="int32"), self.max_length - 1)
        by_place = ops.take(ops.reshape(by_place, shape), place, axis=-1)  # (..., K, L)
        weights = masked_softmax(by_word + by_place, mask)
        return ops.matmul(ops.cast(weights, values.dtype), values)

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        return {**super().get_config(), "slots": self.slots, "max_length": self.max_length}
