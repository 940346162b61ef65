"""What makes tests of apps quick: few networks that TensorFlow traces."""

import tensorflow as tf

import zoo


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


def load_once(models, monkeypatch, prepare=lambda task: task):
    """Lets `zoo.load` give the same model whenever a name comes again, which `prepare` may trace.

    Args:
        models: A dictionary that keeps them.
        monkeypatch: Pytest's.
        prepare: A function from a model to itself.
    """
    load = zoo.load

    def give(name):
        if str(name) not in models:
            models[str(name)] = prepare(load(name))
        return models[str(name)]

    monkeypatch.setattr(zoo, "load", give)
