"""The loop over time that the recurrent layers run, forwards and backwards."""

from keras import ops

# Of Keras' loops this one, which is not public, has the least to copy: `keras.ops.scan` wants
# outputs that are shaped as the states, and on TensorFlow it fails for two inputs of free length.
from keras.src.backend import rnn

ANY_LENGTH = 2**31 - 1  # else `rnn` takes the batch's size for the length where that is unknown


def time_loop(step, steps, states, *, reverse=False, keep_all=True, unroll=False):
    """Runs `outputs, states = step(k, states)` for `k` from 0 to `steps - 1`, or in reverse.

    The step indexes what it reads with `k`: along the first axis this copies nothing.

    Args:
        step: Function of a scalar and a list of tensors, to two lists of tensors.
        steps: Number of steps, an integer or a scalar.
        states: List of tensors.
        reverse: Whether to count from `steps - 1` to 0.
        keep_all: Whether to return the outputs of all steps.
        unroll: Whether to write all steps out; their number must be known then.

    Returns:
        Two lists: the outputs, stacked in the order in which they came, or those of the last step
        without `keep_all`; and the last states.
    """
    if unroll:
        return written_out(step, steps, states, reverse, keep_all)
    counter = ops.arange(steps, dtype="int32")
    counter = ops.reshape(ops.flip(counter) if reverse else counter, (-1, 1, 1))
    last, stacked, states = rnn(
        lambda k, states: step(k[0, 0], list(states)),
        counter,
        states,
        time_major=True,
        input_length=ANY_LENGTH,
        return_all_outputs=keep_all,
    )
    return list(stacked if keep_all else last), list(states)


def written_out(step, steps, states, reverse, keep_all):
    outputs = []
    for k in range(steps - 1, -1, -1) if reverse else range(steps):
        output, states = step(k, states)
        outputs.append(output)
    return [ops.stack(each) for each in zip(*outputs)] if keep_all else outputs[-1], states
