"""The loop over time that the recurrent layers run, forwards and backwards."""

from keras import ops

# Of Keras' loops this one, which is not public, has the least to copy: `keras.ops.scan` wants
# outputs that are shaped as the states, and on TensorFlow it fails for two inputs of free length.
from keras.src.backend import rnn

ANY_LENGTH = 2**31 - 1  # else `rnn` takes the batch's size for the length where that is unknown


def time_loop(step, inputs, states, *, reverse=False, keep_all=True, unroll=False):
    """Runs `outputs, states = step(inputs_t, states)` for all times, forwards or in reverse.

    The inputs are read by their index, which copies nothing on TensorFlow.

    Args:
        step: Function of two lists of tensors, to two lists of tensors.
        inputs: List of tensors `(T, ...)`.
        states: List of tensors.
        reverse: Whether to read the inputs from their end.
        keep_all: Whether to return the outputs of all steps.
        unroll: Whether to write all steps out; their number must be known then.

    Returns:
        Two lists: the outputs, stacked in the order in which they came, or something without
        `keep_all`; and the last states.
    """
    if unroll:
        return written_out(step, inputs, states, reverse, keep_all)
    counter = ops.arange(ops.shape(inputs[0])[0], dtype="int32")
    counter = ops.reshape(ops.flip(counter) if reverse else counter, (-1, 1, 1))
    last, stacked, states = rnn(
        lambda k, states: step([each[k[0, 0]] for each in inputs], list(states)),
        counter,
        states,
        time_major=True,
        input_length=ANY_LENGTH,
        return_all_outputs=keep_all,
    )
    return list(stacked if keep_all else last), list(states)


def written_out(step, inputs, states, reverse, keep_all):
    """`time_loop` without a loop."""
    outputs, rows = [], list(zip(*map(ops.unstack, inputs)))
    for row in reversed(rows) if reverse else rows:
        output, states = step(list(row), states)
        outputs.append(output)
    return [ops.stack(each) for each in zip(*outputs)] if keep_all else outputs[-1], states
