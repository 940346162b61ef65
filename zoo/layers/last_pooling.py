"""Last state of a sequence."""

import keras
from keras import ops

from zoo.layers._masks import last_valid_step, prepare_mask


@keras.saving.register_keras_serializable("zoo")
class LastPooling(keras.layers.Layer):
    """The state after the last valid step.

        y = s_n,  n the last step whose mask is true

    With `bidirectional=True` the features are two halves, of a forward and of
    a backward direction; the backward one ends at the first step:

        y = [s_n[:D/2]; s_1[D/2:]]

    Args:
        bidirectional: Whether the second half of the features runs backwards.

    Call arguments:
        inputs: Float tensor `(B, T, D)`.
        mask: Boolean tensor `(B, T)`, true for valid steps, or `None`. Padding
            is on the right. A row without a valid step gives its first step.

    Returns:
        Float tensor `(B, D)`.

    Errors:
        ValueError: If `bidirectional` and `D` is odd.

    Example:
        >>> tuple(LastPooling()(ops.ones((2, 5, 4))).shape)
        (2, 4)

    Reference: Sutskever et al. 2014, arXiv:1409.3215, section 2.
    """

    def __init__(self, bidirectional=False, **kwargs):
        super().__init__(**kwargs)
        self.bidirectional = bidirectional
        self.supports_masking = True

    def build(self, input_shape):
        if self.bidirectional and input_shape[-1] % 2:
            raise ValueError(
                "`inputs` of a bidirectional LastPooling must have an even number of features, "
                f"got the shape {tuple(input_shape)}."
            )

    def call(self, inputs, mask=None):
        mask = prepare_mask(inputs, mask)  # (B, T)
        steps = last_valid_step(mask)[:, None, None]  # (B, 1, 1)
        last = ops.take_along_axis(inputs, steps, axis=1)[:, 0]  # (B, D)
        if not self.bidirectional:
            return last
        half = inputs.shape[-1] // 2
        return ops.concatenate([last[:, :half], inputs[:, 0, half:]], axis=-1)

    def compute_mask(self, inputs, mask=None):
        return None

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "bidirectional": self.bidirectional}
