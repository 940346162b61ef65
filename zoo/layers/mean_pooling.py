"""Mean over time."""

import keras
from keras import ops

from zoo.layers._masks import prepare_mask


@keras.saving.register_keras_serializable("zoo")
class MeanPooling(keras.layers.Layer):
    """The mean of the valid steps.

        y = 1/n sum_t s_t,  t over the n steps whose mask is true

    Call arguments:
        inputs: Float tensor `(B, T, D)`.
        mask: Boolean tensor `(B, T)`, true for valid steps, or `None`. A row
            without a valid step gives zeros.

    Returns:
        Float tensor `(B, D)`. The sum runs in float32 at least.

    Example:
        >>> tuple(MeanPooling()(ops.ones((2, 5, 4))).shape)
        (2, 4)

    Reference: Iyyer et al. 2015, "Deep Unordered Composition Rivals Syntactic Methods for
    Text Classification", section 2.1.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        dtype = keras.backend.result_type(inputs.dtype, "float32")
        mask = ops.cast(prepare_mask(inputs, mask), dtype)  # (B, T)
        total = ops.sum(ops.cast(inputs, dtype) * mask[:, :, None], axis=1)  # (B, D)
        count = ops.maximum(ops.sum(mask, axis=1, keepdims=True), 1)  # (B, 1)
        return ops.cast(total / count, inputs.dtype)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return super().get_config()  # Keras' own way refuses a policy object
