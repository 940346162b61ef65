"""What backbones and apps share: arguments that are checked, and frozen layers that stay so."""

import difflib
import inspect

_OF_KERAS = ("inputs", "outputs", "dtype", "name", "trainable", "compile")
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class CheckedModel:
    """Mixin for Keras models, put before their class.

    Keras' functional models ignore arguments that they do not know: here these are errors. And
    their configuration tells of the model alone whether it is trainable: here it also has the
    layers that are frozen, so that they are after a reload.
    """

    def __init__(self, *args, **kwargs):
        check_arguments(type(self), kwargs)
        super().__init__(*args, **kwargs)
        if not self.trainable:
            freeze(self)

    def layers_with_flags(self):
        """The layers, at any depth, whose flag `trainable` is this model's to keep."""
        return list(self._flatten_layers(include_self=False))

    def get_config(self):
        flags = enumerate(layer.trainable for layer in self.layers_with_flags())
        frozen = [place for place, trainable in flags if not trainable]
        return {**super().get_config(), **({"frozen": frozen} if frozen else {})}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        frozen = config.pop("frozen", ())
        model = super().from_config(config)
        if frozen:  # a layer comes before its parts, whose flags it sets, too
            for place, layer in enumerate(model.layers_with_flags()):
                layer.trainable = place not in frozen
        return model


def freeze(layer):
    """Freezes a layer with its parts, although its flag says already that it is.

    TensorFlow leaves out an assignment of what is there, and so the layer would not tell its parts.
    """
    layer.trainable = True
    layer.trainable = False


def check_arguments(model_class, arguments):
    """Raises a `TypeError` that names the argument which a model's class does not have.

    Args:
        model_class: The class.
        arguments: Names of the arguments that came.
    """
    own = argument_names(model_class)
    for name in arguments:
        if name not in (*own, *_OF_KERAS):
            near = difflib.get_close_matches(name, own, 1)
            hint = f"Did you mean `{near[0]}`?" if near else f"It has {', '.join(own)}."
            raise TypeError(f"`{name}` is no argument of {model_class.__name__}. {hint}")


def argument_names(model_class):
    """Names of the arguments of a class, and of those that its `**kwargs` hand on."""
    names = []
    for each in model_class.__mro__:
        if not issubclass(each, CheckedModel) or each is CheckedModel:
            break
        if "__init__" in vars(each):
            parameters = inspect.signature(each.__init__).parameters.values()
            own = [each.name for each in parameters if each.kind in _NAMED and each.name != "self"]
            names = [*own, *(name for name in names if name not in own)]
            if not any(each.kind is each.VAR_KEYWORD for each in parameters):
                break
    return names
