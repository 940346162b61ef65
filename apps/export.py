"""SavedModels that take strings.

Whoever calls the exported model needs TensorFlow and TensorFlow Text, but not this package:

    import tensorflow as tf
    import tensorflow_text  # registers the operations that split text

    serve = tf.saved_model.load("serve/sentiment").signatures["serving_default"]
    serve(texts=tf.constant(["A gorgeous, witty film."]))["label"]
"""

import functools

import keras
import tensorflow as tf


def export_saved_model(task, filepath):
    """Writes a SavedModel whose signature is the task's `serve`, with `texts (B,)` as its input.

    That of a `QuestionAnswerer` has `stories (B,)`, which it splits into sentences, and
    `questions (B,)`.

    Args:
        task: An app with a preprocessor, a method `serve` from string tensors to a dictionary, and
            the names of these tensors, `serve_inputs`.
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
    inputs = [tf.TensorSpec([None], tf.string, name=name) for name in task.serve_inputs]
    serve = functools.partial(serve_any, task)
    module.serve = tf.function(serve, input_signature=inputs, autograph=False)
    tf.saved_model.save(module, str(filepath), signatures={"serving_default": module.serve})


def serve_any(task, *inputs):
    """The answers of a task to string tensors `(B,)`, of which there may be none, `B = 0`.

    Then a blank one takes their place, since networks need a step of time.
    """
    count = tf.shape(inputs[0])[0]
    missing = tf.maximum(1 - count, 0)
    answers = task.serve(*(tf.concat([x, tf.fill([missing], "")], axis=0) for x in inputs))
    return {name: answer[:count] for name, answer in answers.items()}
