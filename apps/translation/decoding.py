"""Networks that choose a target token by token, and that score one; each a compiled graph."""

import contextlib
import json

import keras
import keras_hub
from keras import ops

from apps.text.subword_tokenizer import SubwordTokenizer
from zoo.samplers import BeamSampler

START, END = SubwordTokenizer.start_id, SubwordTokenizer.end_id
SPECIAL = END  # the ids before it, of padding, unknown and start, are never chosen


def make_sampler(beam_width, length_penalty):
    """Beam search, or for a width of 1 greedy search."""
    beam = BeamSampler(beam_width, length_penalty=length_penalty)  # checks both
    return keras_hub.samplers.GreedySampler() if beam_width == 1 else beam


def check_sampler(sampler):
    """Raises an error for what is no sampler, or one that gives more than a target for a source."""
    if not isinstance(sampler, keras_hub.samplers.Sampler):
        raise TypeError(f"`sampler` must be one of `keras_hub.samplers`, got {sampler!r}.")
    if getattr(sampler, "return_all_beams", False):
        raise ValueError("`sampler` must have `return_all_beams=False`, got True.")


def kind_of_sampler(sampler):
    """What samplers that do the same have in common: class and configuration.

    One of a class of the user's own is alone of its kind.
    """
    if type(sampler).__module__.split(".")[0] not in ("keras_hub", "zoo"):
        return sampler
    return type(sampler), json.dumps(sampler.get_config(), sort_keys=True, default=repr)


@contextlib.contextmanager
def in_place_of(sampler, network):
    """Lets a network with another sampler of the same kind go on from the state of this one.

    The state, that of random numbers, is this one's again afterwards.
    """
    pairs = [] if sampler is None else list(zip(network.sampler.variables, sampler.variables))
    for inner, outer in pairs:
        inner.assign(outer)
    try:
        yield
    finally:
        for inner, outer in pairs:
            outer.assign(inner)


class Generator(keras.Model):
    """Sources to targets that a sampler chooses, in one loop.

    Args:
        backbone: A `Seq2Seq`.
        sampler: One of `keras_hub.samplers` or of `zoo.samplers`.
        max_length: Largest number of ids of a target, with its end.

    Call arguments:
        inputs: Dictionary of `source_ids (B, S)` and `source_mask (B, S)`.

    Returns:
        Ids `(B, max_length)`, with what a sampler leaves after the end.
    """

    def __init__(self, backbone, sampler, max_length):
        super().__init__()
        self.backbone, self.sampler, self.max_length = backbone, sampler, max_length
        self.sampler_variables = list(sampler.variables)
        self.compile(jit_compile=keras.backend.backend() != "tensorflow")

    def call(self, inputs):
        stays, states = self.backbone.start(inputs["source_ids"], inputs["source_mask"])
        copies = _rows_per_example(self.sampler)
        stays = {name: ops.repeat(value, copies, axis=0) for name, value in stays.items()}
        prompt = ops.full((ops.shape(inputs["source_ids"])[0], 1), START, dtype="int32")
        prompt = ops.pad(prompt, [[0, 0], [0, self.max_length]])  # (B, 1 + L)

        def choose_from(prompt, states, index):
            ids = ops.take(prompt, ops.reshape(index - 1, (1,)), axis=1)  # (B, 1)
            outputs = self.backbone.decoder(ids, states=states, step=index - 1, **stays)
            logits = outputs["logits"][:, 0]  # (B, V)
            possible = ops.arange(logits.shape[-1]) >= SPECIAL
            return ops.where(possible, logits, float("-inf")), None, outputs["states"]

        ids = self.sampler(
            choose_from, prompt, cache=states, index=1, stop_token_ids=[END], model=self
        )
        return ids[:, 1:]


class Scorer(keras.Model):
    """How likely targets are, and what the network looked at.

    Args:
        backbone: A `Seq2Seq`.

    Call arguments:
        inputs: Dictionary of `source_ids (B, S)`, `source_mask (B, S)`, `target_ids (B, T)`, which
            begin with the start, and `labels (B, T)`, ids, 0 after the end.

    Returns:
        Dictionary of `scores (B,)`, the mean log-probability of a label in nats; and with attention
        of `attention`, as `Seq2Seq` gives it.
    """

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone
        self.compile(jit_compile=keras.backend.backend() != "tensorflow")

    def call(self, inputs):
        inputs, labels = {**inputs}, inputs["labels"]
        del inputs["labels"]
        outputs = self.backbone(inputs)
        log_p = ops.log_softmax(outputs["logits"])
        log_p = ops.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]  # (B, T)
        valid = ops.cast(labels > 0, log_p.dtype)
        count = ops.maximum(ops.sum(valid, axis=-1), 1.0)
        found = {"scores": ops.sum(log_p * valid, axis=-1) / count}
        if "attention" in outputs:
            found["attention"] = outputs["attention"]
        return found


def _rows_per_example(sampler):
    if isinstance(sampler, keras_hub.samplers.BeamSampler):
        return sampler.num_beams
    return getattr(sampler, "rows_per_example", 1)
