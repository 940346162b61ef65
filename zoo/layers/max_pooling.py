"""Maximum over time."""

import keras
from keras import ops

from zoo.layers._masks import prepare_mask


@keras.saving.register_keras_serializable("zoo")
class MaxPooling(keras.layers.Layer):
    """The largest value of each feature over the valid steps.

        y_d = max_t s_{t,d},  t over the steps whose mask is true

    Call arguments:
        inputs: Float tensor `(B, T, D)`.
        mask: Boolean tensor `(B, T)`, true for valid steps, or `None`. A row
            without a valid step gives zeros.

    Returns:
        Float tensor `(B, D)`.

    Example:
        >>> tuple(MaxPooling()(ops.ones((2, 5, 4))).shape)
        (2, 4)

    Reference: Collobert et al. 2011, arXiv:1103.0398, section 3.2.2, "max over time".
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        mask = prepare_mask(inputs, mask)[:, :, None]  # (B, T, 1)
        maximum = ops.max(ops.where(mask, inputs, float("-inf")), axis=1)  # (B, D)
        return ops.where(ops.any(mask, axis=1), maximum, ops.zeros_like(maximum))

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return super().get_config()  # Keras' own way refuses a policy object
