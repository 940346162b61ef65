"""Back-propagation through time, written out once for all recurrent cells."""

import keras
from keras import ops

from zoo.layers._recurrent_math import affine, affine_gradients, flat
from zoo.layers._time_loop import time_loop


class Recurrence:
    """A cell's loop over a sequence, and the gradient of it.

        p_t  = x_t W + b                    for all steps in one product
        s_t  = step(p_t, s_{t-1})           where the mask is true, else s_{t-1}

    The loop for the gradient has the steps in reverse. It computes only what depends on the step
    after it: the gradients of the gates and of the states. Those of the weights and the inputs are
    one product each, after the loop.

    Second derivatives are not for this: take the cell in `keras.layers.RNN` for them.

    Args:
        passes: Class of the cell's `CellPasses`.
        go_backwards: Whether the sequence is read from its end.
        return_sequences: Whether all outputs are wanted.
        keep: Whether to keep what the gradient needs. Otherwise a gradient runs the loop again.
        unroll: Whether to write all steps out.
    """

    def __init__(self, passes, *, go_backwards, return_sequences, keep, unroll):
        self.passes = passes
        self.go_backwards = go_backwards
        self.return_sequences = return_sequences
        self.keep = keep
        self.unroll = unroll

    def __call__(self, tensors):
        """Runs the loop.

        Args:
            tensors: Dict of `inputs` `(T, B, D)`, `kernel`, `bias`, `weights` (list of the cell's
                recurrent weights), `states` (list of `(B, H)`) and, optionally, of `mask`
                `(T, B, 1)`, 0 where the states stay, and `state_mask` `(B, H)`, that of dropout.

        Returns:
            The outputs `(T, B, H)` of all steps in the loop's order, or `None` if they are not
            wanted; and the list of the last states.
        """

        @ops.custom_gradient
        def run(*leaves):  # every tensor is an argument: what a closure has gets no gradient
            tensors = keras.tree.pack_sequence_as(structure, leaves)
            stacks, states = self.forward(tensors, self.keep)

            def gradient(*upstream):
                kept = stacks if self.keep else self.forward(tensors, True)[0]
                d_results = keras.tree.flatten(upstream)  # JAX gives one tuple
                return tuple(keras.tree.flatten(self.backward(tensors, kept, d_results)))

            return (*stacks[: self.return_sequences], *states), gradient

        structure = tensors
        results = list(run(*keras.tree.flatten(tensors)))
        return results.pop(0) if self.return_sequences else None, results

    def forward(self, tensors, keep):
        """Stacks `(T, B, ...)` of the states and of what the gradient needs, and last states."""
        kernel, mask = tensors["kernel"], tensors.get("mask")
        passes = self.passes(tensors["weights"], tensors.get("state_mask"))

        def step(rows, states):
            valid = rows.pop() > 0 if mask is not None else None
            new, kept = passes.forward(rows, states)
            if mask is not None:
                new = [ops.where(valid, n, old) for n, old in zip(new, states)]
            return [*new, *kept] if keep else new[:1], new

        gates = kernel.shape[-1] // tensors["weights"][0].shape[0]
        # Gate by gate: a step that cuts its row into gates is slow once XLA has fused it.
        read = ops.split(affine(tensors["inputs"], kernel, tensors["bias"]), gates, -1)
        return time_loop(
            step,
            [*read, mask] if mask is not None else read,
            tensors["states"],
            reverse=self.go_backwards,
            keep_all=keep or self.return_sequences,
            unroll=self.unroll,
        )

    def backward(self, tensors, stacks, d_results):
        """The gradients of `tensors`, in a dict as they are."""
        inputs, mask, count = tensors["inputs"], tensors.get("mask"), len(tensors["states"])
        passes = self.passes(tensors["weights"], tensors.get("state_mask"))
        passes.prepare_backward()
        d_outputs = [d_results.pop(0)] if self.return_sequences else []
        states = [  # (T + 1, B, H) each, from the initial one on
            ops.concatenate([first[None], rest], 0)
            for first, rest in zip(tensors["states"], stacks)
        ]
        read = [*stacks[count:], *(s[:-1] for s in states), *(s[1:] for s in states), *d_outputs]
        if mask is not None:
            read.append(ops.flip(mask, 0) if self.go_backwards else mask)

        def step(rows, d_states):
            valid = rows.pop() > 0 if mask is not None else None
            if d_outputs:
                d_states = [d_states[0] + rows.pop(), *d_states[1:]]
            kept, before, after = rows[: -2 * count], rows[-2 * count : -count], rows[-count:]
            blocks, d_before = passes.backward(kept, before, after, d_states)
            if mask is not None:
                blocks = [ops.where(valid, block, 0) for block in blocks]
                d_before = [ops.where(valid, d, same) for d, same in zip(d_before, d_states)]
            return blocks, d_before

        blocks, d_states = time_loop(step, read, d_results, reverse=True, unroll=self.unroll)
        blocks = [flat(block) for block in blocks]
        d_inputs, d_kernel, d_bias = affine_gradients(
            self._as_looped(inputs), tensors["kernel"], blocks[0]
        )
        gradients = {
            "inputs": self._as_looped(d_inputs),
            "kernel": d_kernel,
            "bias": d_bias,
            "weights": passes.weight_gradients(blocks, flat(ops.flip(states[0][:-1], 0))),
            "states": d_states,
        }
        for name in {"mask", "state_mask"} & set(tensors):
            gradients[name] = ops.zeros_like(tensors[name])
        return gradients

    def _as_looped(self, inputs):
        """Puts inputs into the order of the gradient's loop, or back."""
        return inputs if self.go_backwards else ops.flip(inputs, 0)
