"""SavedModels that take strings.

Whoever calls the exported model needs TensorFlow and TensorFlow Text, but not this package:

    import tensorflow as tf
    import tensorflow_text  # registers the operations that split text

    serve = tf.saved_model.load("serve/sentiment").signatures["serving_default"]
    serve(texts=tf.constant(["A gorgeous, witty film."]))["label"]
"""

import keras
import tensorflow as tf


def export_saved_model(task, filepath):
    """Writes a SavedModel whose signature is the task's `serve`, with `texts (B,)` as its input.

    Args:
        task: An app with a preprocessor and a method `serve(texts)` that gives a dictionary.
        filepath: The folder.

    Raises:
        ValueError: If the task has no preprocessor, or the backend is not TensorFlow.
    """
    if task.preprocessor is None:
        raise ValueError("`preprocessor` of the task is None: only with one can it take strings.")
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "A SavedModel that takes strings needs Keras on TensorFlow, got "
            f"{keras.backend.backend()}: save the preset and load it with KERAS_BACKEND=tensorflow."
        )
    module = tf.Module()
    # What goes into the SavedModel: the weights without the optimizer, and the vocabulary.
    module.parameters = [variable.value for variable in task.variables]
    module.tokenizer = task.preprocessor.tokenizer
    texts = tf.TensorSpec([None], tf.string, name="texts")
    module.serve = tf.function(task.serve, input_signature=[texts], autograph=False)
    tf.saved_model.save(module, str(filepath), signatures={"serving_default": module.serve})
