"""What makes tests of apps quick: few networks that TensorFlow traces."""

import tensorflow as tf


def any_shape(model, inputs):
    """The model, its `predict_on_batch` traced once, where each of some shapes would be traced.

    Args:
        model: A compiled model.
        inputs: Dictionary of arrays, such as it takes; their shapes do not matter.
    """
    specs = {name: tf.TensorSpec([None] * len(x.shape), x.dtype) for name, x in inputs.items()}
    model.make_predict_function()
    model.predict_function.get_concrete_function([(specs,)])
    return model
