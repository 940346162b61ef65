"""The loop over time that the recurrent layers run, forwards and backwards."""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

# Of Keras' loops this one, which is not public, has the least to copy: `keras.ops.scan` wants
# outputs that are shaped as the states, and on TensorFlow it fails for two inputs of free length.
from keras.src.backend import rnn


class Lane(NamedTuple):
    """A recurrence in a loop: `outputs, states = step(inputs_t, states)` for all times.

    Attributes:
        step: Function of two lists of tensors, to two lists of tensors.
        inputs: List of tensors `(T, ...)`.
        states: List of tensors, from which the loop starts.
        reverse: Whether to read the inputs from their end.
    """

    step: Callable
    inputs: list
    states: list
    reverse: bool


def time_loop(lanes, *, keep_all=True, unroll=False):
    """Runs recurrences of the same number of steps side by side, in one loop.

    The inputs are read by their index, which copies nothing on TensorFlow.

    Args:
        lanes: List of `Lane`.
        keep_all: Whether to return the outputs of all steps.
        unroll: Whether to write all steps out; their number must be known then.

    Returns:
        For each lane two lists: the outputs of all steps, stacked in the order in which they came,
        and empty without `keep_all`; and the last states.
    """
    if unroll:
        return [written_out(lane, keep_all) for lane in lanes]
    length = ops.shape(lanes[0].inputs[0])[0]
    there = ops.arange(length, dtype="int32")
    counters = [ops.flip(there) if lane.reverse else there for lane in lanes]

    def step(k, states):
        results = [
            lane.step([each[k[0, n]] for each in lane.inputs], list(own))
            for n, (lane, own) in enumerate(zip(lanes, states))
        ]
        outputs, states = map(list, zip(*results))
        return outputs, states

    _, stacked, states = rnn(
        step,
        ops.stack(counters, -1)[:, None],  # (T, 1, lanes)
        [list(lane.states) for lane in lanes],
        time_major=True,
        # Without it `rnn` takes the batch's size where the length is unknown; a tensor would be
        # a mask for it; and of a number that is too large XLA makes room for in a gradient.
        input_length=[length],
        return_all_outputs=keep_all,
    )
    return [(list(o) if keep_all else [], list(s)) for o, s in zip(stacked, states)]


def written_out(lane, keep_all):
    """The results of one lane, without a loop."""
    outputs, states = [], lane.states
    rows = list(zip(*map(ops.unstack, lane.inputs)))
    for row in reversed(rows) if lane.reverse else rows:
        output, states = lane.step(list(row), states)
        outputs.append(output)
    return [ops.stack(each) for each in zip(*outputs)] if keep_all else [], states
