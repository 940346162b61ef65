"""Back-propagation through time, written out once for all recurrent cells."""

from keras import ops, tree

from zoo.layers._time_loop import time_loop


def recur(directions, tensors, *, return_sequences, keep, unroll):
    """Runs one recurrence or several of the same length in one loop, and so their gradients.

    Second derivatives are not for this: take the cell in `keras.layers.RNN` for them.

    Args:
        directions: List of `Direction`.
        tensors: List of the dicts of tensors that they work on.
        return_sequences: Whether all outputs are wanted.
        keep: Whether to keep what the gradient needs. Otherwise a gradient runs the loop again.
        unroll: Whether to write all steps out.

    Returns:
        For each direction the outputs `(T, B, H)` of all steps in the loop's order, or `None` if
        they are not wanted; and the list of the last states.
    """

    def loop(tensors, keep):
        lanes = [direction.forward(each, keep) for direction, each in zip(directions, tensors)]
        return time_loop(lanes, keep_all=keep or return_sequences, unroll=unroll)

    @ops.custom_gradient
    def run(*leaves):  # every tensor is an argument: what a closure has gets no gradient
        tensors = tree.pack_sequence_as(structure, leaves)
        results = loop(tensors, keep)

        def gradient(*upstream):
            kept = results if keep else loop(tensors, True)
            d_results = tree.pack_sequence_as(shown_structure, tree.flatten(upstream))
            lanes, finish = zip(
                *(
                    direction.backward(each, stacks, *d_result)
                    for direction, each, (stacks, _), d_result in zip(
                        directions, tensors, kept, d_results
                    )
                )
            )
            found = time_loop(lanes, unroll=unroll)
            return tuple(tree.flatten([f(*each) for f, each in zip(finish, found)]))

        return tuple(tree.flatten([shown(*result) for result in results])), gradient

    def shown(stacks, states):
        return list(stacks[:1]) if return_sequences else [], list(states)

    structure = tensors
    shown_structure = [shown([0], [0] * len(each["states"])) for each in tensors]
    results = tree.pack_sequence_as(shown_structure, list(run(*tree.flatten(tensors))))
    return [(outputs[0] if outputs else None, states) for outputs, states in results]
