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


def block_loop(prepare, step, inputs, states, *, reverse, keep_all, block):
    """`time_loop` with several steps an iteration, for a known number of steps.

    It saves time for small tensors, whose steps cost less than an iteration, and memory where
    `prepare` makes its inputs larger. The outputs are copied once more.

    Args:
        prepare: Function of the inputs of several steps, a list of tensors `(block, ...)`, to those
            that the steps want.
        block: Number of steps in an iteration. The rest is written out after them.
    """
    steps = inputs[0].shape[0]
    rest = steps % block
    whole, tail, outputs = [], [], []
    for each in inputs:
        many, few = (each[rest:], each[:rest]) if reverse else halves(each, steps - rest)
        whole.append(ops.reshape(many, (-1, block, *ops.shape(each)[1:])))
        tail.append(few)

    def several(rows, states):
        return written_out(step, prepare(rows), states, reverse, keep_all)

    if steps >= block:
        stacked, states = time_loop(several, whole, states, reverse=reverse, keep_all=keep_all)
        outputs.append([ops.reshape(each, (-1, *ops.shape(each)[-2:])) for each in stacked])
    if rest:
        stacked, states = several(tail, states)
        outputs.append(stacked)
    if len(outputs) == 2 and keep_all:
        return [ops.concatenate(pair, 0) for pair in zip(*outputs)], states
    return outputs[-1], states


def halves(stacked, index):
    return stacked[:index], stacked[index:]
