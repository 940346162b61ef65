"""The passes of a long short-term memory."""

from keras import ops

from zoo.layers._recurrent_math import CellPasses, gate_sums


class LSTMPasses(CellPasses):
    """The passes of `LSTMCell`.

    With `a_i`, `a_f`, `a_g` and `a_o` what the gates' functions are applied to:

        d_a_o = d_h' * tanh(c') * o * (1 - o)
        e     = d_c' + d_h' * o * (1 - tanh(c')^2)
        d_a_i = e * g * i * (1 - i)
        d_a_f = e * c * f * (1 - f)
        d_a_g = e * i * (1 - g^2)
        d_h   = [d_a_i, d_a_f, d_a_g, d_a_o] U^T
        d_c   = e * f
    """

    def forward(self, projected, states):
        h, c = states  # (B, H) each
        (u,) = self.weights  # (H, 4 H)
        i, f, g, o = gate_sums(projected, ops.matmul(self.dropped(h), u))  # (B, H) each
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
        c = f * c + i * g
        return [o * ops.tanh(c), c], [i, f, g, o]

    def backward(self, kept, before, after, d_states):
        i, f, g, o = kept  # (B, H) each
        d_h, d_c = d_states
        tanh_c = ops.tanh(after[1])
        d_h_o = d_h * o
        e = d_c + d_h_o * (1 - tanh_c * tanh_c)
        e_i, d_c = e * i, e * f
        d_gates = ops.concatenate(
            [
                e_i * g * (1 - i),
                d_c * before[1] * (1 - f),
                e_i * (1 - g * g),
                d_h_o * tanh_c * (1 - o),
            ],
            -1,
        )  # (B, 4 H)
        return [d_gates], [self.dropped(ops.matmul(d_gates, self.transposed)), d_c]
