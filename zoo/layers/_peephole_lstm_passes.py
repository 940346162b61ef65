"""The passes of a long short-term memory with peepholes."""

from keras import ops

from zoo.layers._recurrent_math import CellPasses, gate_sums


class PeepholeLSTMPasses(CellPasses):
    """The passes of `PeepholeLSTMCell`.

    With `a_i`, `a_f`, `a_g` and `a_o` what the gates' functions are applied to:

        d_a_o = d_h' * tanh(c') * o * (1 - o)
        e     = d_c' + d_h' * o * (1 - tanh(c')^2) + d_a_o * p_o
        d_a_i = e * g * i * (1 - i)
        d_a_f = e * c * f * (1 - f)
        d_a_g = e * i * (1 - g^2)
        d_h   = [d_a_i, d_a_f, d_a_g, d_a_o] U^T
        d_c   = e * f + d_a_i * p_i + d_a_f * p_f

    and the sums of `d_a_i * c`, `d_a_f * c` and `d_a_o * c'` are the gradients of `p`.
    """

    def forward(self, projected, states):
        h, c = states  # (B, H) each
        u, p = self.weights  # (H, 4 H), (3, H)
        i, f, g, o = gate_sums(projected, ops.matmul(self.dropped(h), u))  # (B, H) each
        i, f, g = ops.sigmoid(i + p[0] * c), ops.sigmoid(f + p[1] * c), ops.tanh(g)
        c = f * c + i * g
        o = ops.sigmoid(o + p[2] * c)
        return [o * ops.tanh(c), c], [i, f, g, o]

    def backward(self, kept, before, after, d_states):
        i, f, g, o = kept  # (B, H) each
        d_h, d_c = d_states
        p_i, p_f, p_o = ops.unstack(self.weights[1], 3)  # (H,) each
        c, new_c = before[1], after[1]
        tanh_c = ops.tanh(new_c)
        d_o = d_h * tanh_c * o * (1 - o)
        e = d_c + d_h * o * (1 - tanh_c * tanh_c) + d_o * p_o
        d_i, d_f, d_g = e * g * i * (1 - i), e * c * f * (1 - f), e * i * (1 - g * g)
        d_gates = ops.concatenate([d_i, d_f, d_g, d_o], -1)  # (B, 4 H)
        seen = ops.concatenate([d_i * c, d_f * c, d_o * new_c], -1)  # (B, 3 H)
        d_h = self.dropped(ops.matmul(d_gates, self.transposed))
        return [d_gates, seen], [d_h, e * f + d_i * p_i + d_f * p_f]

    def weight_gradients(self, blocks, h):
        d_p = ops.reshape(ops.sum(blocks[1], 0), (3, -1))
        return [*super().weight_gradients(blocks, h), d_p]
