"""What a search tries: a space of hyper-parameters for each app.

A space is a function of `hp`, a `keras_tuner.HyperParameters`. It gives a dictionary of values by
their place in a recipe, such as `"fit.learning_rate"`, and names each hyper-parameter after that
place. `suggest` narrows and extends a space by changes, as `tuning.search` takes them. For a space
that no change can make, put a function of your own into `SPACES`, in each process of a search.
"""

from apps.datasets.nearest import nearest_names

CELLS = ["gru", "lstm", "peephole_lstm", "simple_rnn"]


def sentiment(hp):
    """The encoder, the pooling of its states, dropout, optimiser and schedule.

    `network`: cell, units, depth, size of the word vectors, three rates of dropout; `head`:
    pooling and dropout; `fit`: see `optimization`.
    """
    return {
        **_encoder(hp),
        "head.pooling": hp.Choice("head.pooling", ["max", "mean", "attention", "last"]),
        **_rates(hp, "head.dropout"),
        **optimization(hp),
    }


def tagging(hp):
    """The encoder, words from characters, the head, dropout, optimiser and schedule.

    `network`: as of `sentiment`, and how words are made of characters (a CNN, an RNN, not at all),
    of what size, and how they join the word vectors; `head`: CRF or softmax, and dropout.
    """
    characters = hp.Choice("network.char_encoder", ["cnn", "rnn", "none"])
    values = {"network.char_encoder": None if characters == "none" else characters}
    with hp.conditional_scope("network.char_encoder", ["cnn", "rnn"]):
        values["network.char_units"] = hp.Choice("network.char_units", [32, 64, 96])
        values["network.join"] = hp.Choice("network.join", ["concatenate", "gate"])
    return {
        **_encoder(hp),
        **values,
        "head.head": hp.Choice("head.head", ["crf", "softmax"]),
        **_rates(hp, "head.dropout"),
        **optimization(hp),
    }


def translation(hp):
    """Encoder and decoder, the attention between them, dropout, optimiser and schedule.

    `network`: cell, units, size of the word vectors, depths, kind of attention, input feeding,
    rates of dropout; `head`: label smoothing.
    """
    kinds = ["additive", "general", "concat", "local_predictive", "multi_head"]
    return {
        "network.units": hp.Choice("network.units", [128, 192, 256, 384]),
        "network.embedding_dim": hp.Choice("network.embedding_dim", [128, 192, 256]),
        "network.cell": hp.Choice("network.cell", ["gru", "lstm"]),
        "network.encoder_depth": hp.Int("network.encoder_depth", 1, 2),
        "network.decoder_depth": hp.Int("network.decoder_depth", 1, 2),
        "network.attention": hp.Choice("network.attention", kinds),
        "network.input_feeding": hp.Boolean("network.input_feeding", default=True),
        **_rates(hp, "network.word_dropout", "network.embedding_dropout", "network.dropout"),
        "head.label_smoothing": hp.Float("head.label_smoothing", 0.0, 0.2, step=0.05),
        **optimization(hp),
    }


def question_answering(hp):
    """The network of the recipe's kind and its sizes, optimiser and schedule.

    `network`: the kind (tensor products, entity network, GRU), its units, and of each kind the
    sizes of its own.
    """
    kind = hp.Choice("network.kind", ["tensor_product", "entity_network", "story_gru"])
    values = {
        "network.kind": kind,
        "network.units": hp.Choice("network.units", [64, 96, 128, 192]),
        **_rates(hp, "network.dropout"),
        **optimization(hp),
    }
    own = {
        "tensor_product": {
            "entity_dim": [32, 48, 64],
            "relation_dim": [16, 32],
            "hops": [2, 3, 4],
            "chains": [2, 4, 8],
        },
        "entity_network": {"slots": [10, 20, 40]},
        "story_gru": {"embedding_dim": [64, 128]},
    }
    for each, sizes in own.items():
        with hp.conditional_scope("network.kind", [each]):
            for name, choices in sizes.items():
                values[f"network.{name}"] = hp.Choice(f"network.{name}", choices)
    return values


def optimization(hp):
    """Optimiser, learning rate, schedule and batch size of `fit`, of all apps."""
    return {
        "fit.optimizer": hp.Choice("fit.optimizer", ["adam", "adamw", "nadam", "rmsprop"]),
        "fit.learning_rate": hp.Float("fit.learning_rate", 3e-4, 1e-2, sampling="log"),
        "fit.schedule": hp.Choice("fit.schedule", ["cosine", "constant"]),
        "fit.batch_size": hp.Choice("fit.batch_size", [16, 32, 64]),
    }


SPACES = {
    "question_answering": question_answering,
    "sentiment": sentiment,
    "tagging": tagging,
    "translation": translation,
}


def suggest(hp, space, changes=()):
    """The values that `hp` has for the hyper-parameters of a space.

    Args:
        hp: A `keras_tuner.HyperParameters`.
        space: A function of `hp`, such as those of this module.
        changes: What to narrow or add: by the name of a hyper-parameter a value, which fixes it; a
            list to choose from; or a range, `{"min": 1, "max": 4}`, with `"step"` or `"log": True`
            if need be.

    Returns:
        Dictionary of values by their place in a recipe, without those of kinds not chosen.

    Raises:
        ValueError: If a change is neither of the three.

    Example:
        >>> import keras_tuner
        >>> hp = keras_tuner.HyperParameters()
        >>> values = suggest(hp, optimization, {"fit.batch_size": 8, "fit.epochs": [2, 4]})
        >>> values["fit.optimizer"], values["fit.batch_size"], values["fit.epochs"]
        ('adam', 8, 2)
    """
    narrowed = _Narrowed(hp, dict(changes))
    values = space(narrowed)
    for name in narrowed.left():
        values[name] = _declare(hp, name, changes[name])
    inactive = {each.name for each in hp.space if not hp.is_active(each)}
    return {name: value for name, value in values.items() if name not in inactive}


class _Narrowed:
    """Hyper-parameters, of which some are declared as changes say, where a space asks for them."""

    def __init__(self, hp, changes):
        self._hp = hp
        self._changes = changes
        self._asked = set()

    def left(self):
        """Names of the changes that the space has not asked for."""
        return [name for name in self._changes if name not in self._asked]

    def __getattr__(self, kind):
        method = getattr(self._hp, kind)
        if kind not in ("Choice", "Int", "Float", "Boolean", "Fixed"):
            return method

        def declare(name, *args, **options):
            if name not in self._changes:
                return method(name, *args, **options)
            self._asked.add(name)
            value = _declare(self._hp, name, self._changes[name])
            return "none" if self._changes[name] is None else value

        return declare


def check_changes(changes, known):
    """Raises `ValueError` if a change is none, or is of no field of a recipe.

    Args:
        changes: As `suggest` takes them.
        known: Names of the fields.
    """
    if not isinstance(changes, dict):
        raise ValueError(
            "`space` must be a dictionary of changes by hyper-parameter, got "
            f"{type(changes).__name__}."
        )
    import keras_tuner

    for name, change in changes.items():
        if name not in known:
            raise ValueError(
                f"`space` has the unknown hyper-parameter {name!r}; {nearest_names(name, known)}"
            )
        _declare(keras_tuner.HyperParameters(), name, change)


def _declare(hp, name, change):
    """The value of a hyper-parameter that is declared as a change of a space says."""
    if isinstance(change, dict):
        return _range(hp, name, change)
    if change is None or isinstance(change, (bool, int, float, str)):
        hp.Fixed(name, "none" if change is None else change)
        return change
    if not isinstance(change, (list, tuple)):
        raise ValueError(f"`space` of {name!r} must be a value, a list or a range, got {change!r}.")
    kinds = {type(value) for value in change}
    if kinds == {bool}:
        return hp.Boolean(name, default=change[0]) if len(set(change)) == 2 else change[0]
    if kinds == {int, float}:
        kinds, change = {float}, [float(value) for value in change]
    if len(kinds) != 1 or not kinds <= {int, float, str}:
        raise ValueError(
            f"`space` of {name!r} must be a list of numbers or of names, got {list(change)!r}."
        )
    return hp.Choice(name, list(change))


def _range(hp, name, change):
    low, high = change.get("min"), change.get("max")
    numbers = all(
        isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high)
    )
    if not numbers or low >= high or set(change) - {"min", "max", "step", "log"}:
        raise ValueError(
            f'`space` of {name!r} must be a range {{"min": LOW, "max": HIGH}}, with "step" or '
            f'"log" if need be, got {change!r}.'
        )
    options = {"sampling": "log"} if change.get("log") else {"step": change.get("step")}
    if isinstance(low, int) and isinstance(high, int):
        return hp.Int(name, low, high, **{key: value for key, value in options.items() if value})
    return hp.Float(name, float(low), float(high), **options)


def _encoder(hp):
    sizes = {
        "network.cell": hp.Choice("network.cell", CELLS),
        "network.units": hp.Choice("network.units", [64, 96, 128, 192, 256]),
        "network.depth": hp.Int("network.depth", 1, 3),
        "network.embedding_dim": hp.Choice("network.embedding_dim", [64, 96, 128, 192]),
    }
    rates = ("network.word_dropout", "network.embedding_dropout", "network.dropout")
    return {**sizes, **_rates(hp, *rates)}


def _rates(hp, *names):
    """Rates of dropout, in steps of 0.1."""
    return {name: hp.Float(name, 0.0, 0.6, step=0.1) for name in names}
