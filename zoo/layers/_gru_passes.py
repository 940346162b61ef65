"""The passes of gated recurrent units."""

from keras import ops

from zoo.layers._recurrent_math import CellPasses, weight_gradients


class GRUPasses(CellPasses):
    """The passes of `GRUCell` with the reset gate after the recurrent product.

    With `a_z`, `a_r` and `a_c` what the gates' functions are applied to, and `u_c = h U_c + d_c`:

        d_a_z = d_h' * (h - c) * z * (1 - z)
        d_a_c = d_h' * (1 - z) * (1 - c^2)
        d_a_r = d_a_c * u_c * r * (1 - r)
        d_u   = [d_a_z, d_a_r, d_a_c * r]
        d_h   = d_h' * z + d_u U^T
    """

    def forward(self, projected, states):
        (h,) = states  # (B, H)
        x_z, x_r, x_c = projected  # (B, H) each
        u, d = self.weights  # (H, 3 H), (3 H,)
        u_z, u_r, u_c = ops.split(ops.matmul(self.dropped(h), u) + d, 3, -1)
        z, r = ops.sigmoid(x_z + u_z), ops.sigmoid(x_r + u_r)
        c = ops.tanh(x_c + r * u_c)
        return [c + z * (h - c)], [z, r, c, u_c]

    def backward(self, kept, before, after, d_states):
        z, r, c, u_c = kept  # (B, H) each
        (h,), (d_h,) = before, d_states
        d_h_z = d_h * z
        d_z = d_h_z * (h - c) * (1 - z)
        d_c = (d_h - d_h_z) * (1 - c * c)
        d_u_c = d_c * r
        d_r = d_u_c * u_c * (1 - r)
        d_u = ops.concatenate([d_z, d_r, d_u_c], -1)  # (B, 3 H)
        d_h = d_h_z + self.dropped(ops.matmul(d_u, self.transposed))
        return [ops.concatenate([d_z, d_r, d_c], -1), d_u], [d_h]

    def weight_gradients(self, blocks, h):
        return list(weight_gradients(self.dropped_all(h), blocks[1]))


class GRUResetBeforePasses(CellPasses):
    """The passes of `GRUCell` with the reset gate before the recurrent product.

    With `a_z`, `a_r` and `a_c` what the gates' functions are applied to, and `q = r * h`:

        d_a_z = d_h' * (h - c) * z * (1 - z)
        d_a_c = d_h' * (1 - z) * (1 - c^2)
        d_q   = d_a_c U_c^T
        d_a_r = d_q * h * r * (1 - r)
        d_h   = d_h' * z + d_q * r + [d_a_z, d_a_r] U_zr^T
    """

    def __init__(self, weights, state_mask):
        super().__init__(weights, state_mask)
        units = weights[0].shape[0]
        self.u_zr = weights[0][:, : 2 * units]  # (H, 2 H)
        self.u_c = weights[0][:, 2 * units :]  # (H, H)

    def prepare_backward(self):
        self.transposed_zr, self.transposed_c = ops.transpose(self.u_zr), ops.transpose(self.u_c)

    def forward(self, projected, states):
        (h,) = states  # (B, H)
        x_z, x_r, x_c = projected  # (B, H) each
        seen = self.dropped(h)
        u_z, u_r = ops.split(ops.matmul(seen, self.u_zr), 2, -1)
        z, r = ops.sigmoid(x_z + u_z), ops.sigmoid(x_r + u_r)
        c = ops.tanh(x_c + ops.matmul(r * seen, self.u_c))
        return [c + z * (h - c)], [z, r, c]

    def backward(self, kept, before, after, d_states):
        z, r, c = kept  # (B, H) each
        (h,), (d_h,) = before, d_states
        seen = self.dropped(h)
        d_z = d_h * (h - c) * z * (1 - z)
        d_c = d_h * (1 - z) * (1 - c * c)
        d_q = ops.matmul(d_c, self.transposed_c)
        d_r = d_q * seen * r * (1 - r)
        d_zr = ops.concatenate([d_z, d_r], -1)  # (B, 2 H)
        d_seen = d_q * r + ops.matmul(d_zr, self.transposed_zr)
        d_h = d_h * z + self.dropped(d_seen)
        return [ops.concatenate([d_zr, d_c], -1), r * seen], [d_h]

    def weight_gradients(self, blocks, h):
        d_gates, q = blocks  # (T * B, 3 H), (T * B, H)
        two = 2 * q.shape[-1]
        d_zr = ops.matmul(ops.transpose(self.dropped_all(h)), d_gates[:, :two])
        d_c = ops.matmul(ops.transpose(q), d_gates[:, two:])
        return [ops.concatenate([d_zr, d_c], -1)]
