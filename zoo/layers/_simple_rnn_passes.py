"""The passes of a simple recurrent network."""

from keras import ops

from zoo.layers._recurrent_math import CellPasses


class SimpleRNNPasses(CellPasses):
    """The passes of `SimpleRNNCell`.

    With `a` what the tanh is applied to:

        d_a = d_h' * (1 - h'^2)
        d_h = d_a U^T
    """

    def forward(self, projected, states):
        (x,), (h,), (u,) = projected, states, self.weights  # (B, H), (B, H), (H, H)
        return [ops.tanh(x + ops.matmul(self.dropped(h), u))], []

    def backward(self, kept, before, after, d_states):
        (h,) = after  # (B, H)
        d_a = d_states[0] * (1 - h * h)
        return [d_a], [self.dropped(ops.matmul(d_a, self.transposed))]
