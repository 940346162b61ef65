"""What one direction of a recurrent layer does in the loops over time."""

from keras import ops

from zoo.layers._products import flat
from zoo.layers._recurrent_math import affine, affine_gradients
from zoo.layers._time_loop import Lane


class Direction:
    """A cell's recurrence over a sequence in one direction, and the gradient of it.

        p_t  = x_t W + b                    for all steps in one product
        s_t  = step(p_t, s_{t-1})           where the mask is true, else s_{t-1}

    The loop for the gradient has the steps in reverse. It computes only what depends on the step
    after it: the gradients of the gates and of the states. Those of the weights and the inputs are
    one product each, after the loop.

    The tensors that it works on are a dict of `inputs` `(T, B, D)`, `kernel`, `bias`, `weights`
    (list of the cell's recurrent weights), `states` (list of `(B, H)`) and, optionally, of `mask`
    `(T, B, 1)`, 0 where the states stay, and `state_mask` `(B, H)`, that of dropout.

    Args:
        passes: Class of the cell's `CellPasses`.
        go_backwards: Whether the sequence is read from its end.
    """

    def __init__(self, passes, go_backwards):
        self.passes = passes
        self.go_backwards = go_backwards

    def forward(self, tensors, keep):
        """The lane whose outputs are the new states and, to `keep`, what the gradient needs."""
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
        if mask is not None:
            read = [*read, mask]
        return Lane(step, read, tensors["states"], self.go_backwards)

    def backward(self, tensors, stacks, d_outputs, d_states):
        """The gradient's lane, and what turns its results into the gradients of `tensors`.

        Args:
            tensors: Those of the forward lane.
            stacks: The outputs of the forward lane.
            d_outputs: List of the gradient of the stacked outputs, or of nothing.
            d_states: List of the gradients of the last states.

        Returns:
            A `Lane`, and a function of its results to a dict as `tensors`.
        """
        mask, count = tensors.get("mask"), len(tensors["states"])
        passes = self.passes(tensors["weights"], tensors.get("state_mask"))
        passes.prepare_backward()
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

        def gradients(blocks, d_states):
            return self._gradients(passes, tensors, states[0][:-1], blocks, d_states)

        return Lane(step, read, d_states, True), gradients

    def _gradients(self, passes, tensors, h, blocks, d_states):
        """The gradients of `tensors`, from the stacks of the gradient's loop."""
        blocks = [flat(block) for block in blocks]
        d_inputs, d_kernel, d_bias = affine_gradients(
            self._as_looped(tensors["inputs"]), tensors["kernel"], blocks[0]
        )
        gradients = {
            "inputs": self._as_looped(d_inputs),
            "kernel": d_kernel,
            "bias": d_bias,
            "weights": passes.weight_gradients(blocks, flat(ops.flip(h, 0))),
            "states": d_states,
        }
        for name in {"mask", "state_mask"} & set(tensors):
            gradients[name] = ops.zeros_like(tensors[name])
        return gradients

    def _as_looped(self, inputs):
        """Puts inputs into the order of the gradient's loop, or back."""
        return inputs if self.go_backwards else ops.flip(inputs, 0)
