"""What the passes of the recurrent cells are made of."""

from keras import ops

from zoo.layers._products import flat, product


class CellPasses:
    """The forward and the backward pass of a cell's step, in closed form.

    A `d_` before a name is the gradient of the loss by it. A subclass's docstring has the
    equations of its backward pass; those of the forward one are in the docstring of its cell.

    Args:
        weights: List of the cell's recurrent weights, as tensors.
        state_mask: Mask `(B, H)` of dropout for `h` on its way to the gates, or `None`.
    """

    def __init__(self, weights, state_mask):
        self.weights = weights
        self.state_mask = state_mask

    def dropped(self, h):
        return h if self.state_mask is None else h * self.state_mask

    def prepare_backward(self):
        """Computes, once before the loop, what each step of the backward pass needs."""
        self.transposed = ops.transpose(self.weights[0])

    def forward(self, projected, states):
        """One step.

        Args:
            projected: List of the projected input's parts `(B, H)`, one for each gate.
            states: List of the states `(B, H)`.

        Returns:
            List of the new states, and list of the tensors that `backward` wants to be kept.
        """
        raise NotImplementedError

    def backward(self, kept, before, after, d_states):
        """The gradient of one step.

        Args:
            kept: What `forward` asked to be kept.
            before: List of the states before the step.
            after: List of the states after it.
            d_states: List of the gradients of the states after it.

        Returns:
            List of the tensors to be stacked for `weight_gradients`, of which the first is the
            gradient of `projected`, all gates in one `(B, gates * H)`; and list of the gradients of
            the states before the step.
        """
        raise NotImplementedError

    def weight_gradients(self, blocks, h):
        """The gradients of `weights`, for all steps at once.

        Args:
            blocks: The stacked tensors of `backward`, each `(T * B, ...)`.
            h: The first state before each step, `(T * B, H)`.

        Returns:
            List of gradients, as `weights`.
        """
        return [ops.matmul(ops.transpose(self.dropped_all(h)), blocks[0])]

    def dropped_all(self, h):
        """`dropped` for the `h` of all steps, `(T * B, H)`."""
        if self.state_mask is None:
            return h
        stacked = ops.reshape(h, (-1, *ops.shape(self.state_mask)))
        return flat(stacked * self.state_mask)


def gate_sums(projected, recurrent):
    """What the gates' functions are applied to, from `projected` and `h U`, `(B, gates * H)`."""
    return [x + u for x, u in zip(projected, ops.split(recurrent, len(projected), -1))]


def affine(inputs, kernel, bias):
    """`x W + b` for inputs `(T, B, D)`, as one product."""
    return product(inputs, kernel) + bias


def affine_gradients(inputs, kernel, d_outputs):
    """The gradients of inputs `(T, B, D)`, kernel and bias from that of outputs `(T * B, N)`."""
    d_inputs = ops.matmul(d_outputs, ops.transpose(kernel))
    return ops.reshape(d_inputs, ops.shape(inputs)), *weight_gradients(flat(inputs), d_outputs)


def weight_gradients(inputs, d_outputs):
    """The gradients of kernel and bias, for all steps at once."""
    return ops.matmul(ops.transpose(inputs), d_outputs), ops.sum(d_outputs, 0)
