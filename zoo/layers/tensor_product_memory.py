"""A fast-weight memory of entities and relations, written by the delta rule and read in hops."""

import keras
from keras import ops

from zoo.layers._checks import check_positive, check_shape
from zoo.layers._masks import prepare_mask

WRITES = 3  # of a sentence: the fact, what it moves, and the way back


@keras.saving.register_keras_serializable("zoo")
class TensorProductMemory(keras.layers.Layer):
    """Sentences written one by one into a tensor of order three, and chains of lookups in it.

        F_t = F_{t-1} + (e r_1^T) x u_1 + (e r_2^T) x u_2 + (f r_3^T) x u_3
        u_1 = g_1 f           - d_1 F_{t-1}(e, r_1)      the fact: `r_1` of `e` is `f`
        u_2 = g_2 F_{t-1}(e, r_1) - d_2 F_{t-1}(e, r_2)  what the fact takes the place of
        u_3 = g_3 e           - d_3 F_{t-1}(f, r_3)      the way back: `r_3` of `f` is `e`
        o_k = F_T(n_{k-1}, s_k),   n_k = LayerNorm(o_k)  a lookup from the entity found before

    for each sentence the entities `e` and `f`, the relations `r`, how strongly to write, `g`, and
    how much of what stands there to delete, `d`. `F(e, r)` is the contraction of `F` with both.
    Entities and relations are scaled to length 1, so that `g = d = 1` replaces exactly what is read
    at the same entity and relation.

    `F` itself is never made. It is a sum of what was written, so that a read is a sum over the
    writes before it, `F(e, r) = sum_j (e . e_j) (r . r_j) u_j`, and the `u` of all sentences solve
    one triangular system of linear equations. This takes time and memory in `N^2` for `N`
    sentences, not in `E^2 R`, and no loop.

    Args:
        hops: Number `K` of lookups of a chain.

    Call arguments:
        entities: Float tensor `(B, N, 2, E)`, `e` and `f` of each sentence.
        relations: Float tensor `(B, N, 3, R)`, `r_1` to `r_3`.
        gates: Float tensor `(B, N, 6)`, `g_1` to `g_3`, then `d_1` to `d_3`, in [0, 1].
        starts: Float tensor `(B, H, E)`, the entities `n_0` from which `H` chains start.
        steps: Float tensor `(B, H, K, R)`, the relations `s_k` that they follow.
        mask: Boolean tensor `(B, N)`, true for sentences, or `None`.

    Returns:
        What was found, `o_1` to `o_K`, `(B, K, H, E)`; the same after the normalisation,
        `(B, K, H, E)`; and the weight of each sentence in it, `(B, N)`: the sum of the lengths of
        what its writes add to all `o`, as a share of that of all sentences. Sums are in float32 at
        least.

    Errors:
        ValueError: If `hops` is not positive, or tensors do not have these shapes.

    Example:
        >>> def some(*shape):
        ...     return keras.random.normal(shape, seed=1)
        >>> found, normalised, weights = TensorProductMemory(hops=2)(
        ...     some(1, 5, 2, 8), some(1, 5, 3, 4), ops.ones((1, 5, 6)),
        ...     some(1, 3, 8), some(1, 3, 2, 4),
        ... )
        >>> tuple(found.shape), tuple(normalised.shape), tuple(weights.shape)
        ((1, 2, 3, 8), (1, 2, 3, 8), (1, 5))

    Reference: Schlag and Schmidhuber 2018, arXiv:1811.12143, section 3 (the writes and the chain,
    there without gates and with `F` scaled down where it is too large); Yang et al. 2024,
    arXiv:2406.06484, section 3 (the delta rule without its loop).
    """

    def __init__(self, hops=3, **kwargs):
        super().__init__(**kwargs)
        check_positive(hops=hops)
        self.hops = hops
        self.supports_masking = True
        self.norms = [
            keras.layers.LayerNormalization(
                dtype=self.dtype_policy, trainable=self.trainable, name=f"norm_{hop}"
            )
            for hop in range(hops)
        ]

    def build(self, entities_shape, relations_shape, gates_shape, starts_shape, steps_shape):
        self.entity_size, self.relation_size = entities_shape[-1], relations_shape[-1]
        for norm in self.norms:
            norm.build((None, None, self.entity_size))

    def call(self, entities, relations, gates, starts, steps, mask=None):
        self._check(entities, relations, gates, starts, steps)
        count = ops.shape(entities)[1]
        mask = prepare_mask(entities[:, :, 0], mask)[..., None, None]
        entities = unit_length(entities)
        entities = entities * ops.cast(mask, entities.dtype)  # (B, N, 2, E)
        keys = _side_by_side(ops.take(entities, [0, 0, 1], axis=2))  # (B, 3 N, E)
        relation_keys = _side_by_side(unit_length(relations))  # (B, 3 N, R)
        written = self._written(entities, keys, relation_keys, gates)  # (B, 3 N, E)
        lengths = ops.sqrt(ops.sum(ops.square(written), axis=-1) + 1e-9)[:, None]  # (B, 1, 3 N)
        places, found, normalised, weights = unit_length(starts), [], [], 0.0
        for hop, norm in enumerate(self.norms):
            step = unit_length(steps[:, :, hop])
            scores = _dots(places, keys) * _dots(step, relation_keys)  # (B, H, 3 N)
            found.append(ops.matmul(scores, written))  # (B, H, E)
            normalised.append(norm(found[-1]))
            places = unit_length(normalised[-1])
            weights = weights + ops.sum(ops.abs(scores) * lengths, axis=1)
        weights = ops.sum(ops.reshape(weights, (-1, count, WRITES)), axis=-1)  # (B, N)
        weights = weights / (ops.sum(weights, axis=-1, keepdims=True) + 1e-9)
        outputs = ops.stack(found, axis=1), ops.stack(normalised, axis=1), weights
        return tuple(ops.cast(output, self.compute_dtype) for output in outputs)

    def _written(self, entities, keys, relation_keys, gates):
        """The `u` of all sentences, in their order, `(B, 3 N, E)`."""
        count = ops.shape(entities)[1]
        overlaps = _dots(keys, keys) * _dots(relation_keys, relation_keys)  # (B, 3 N, 3 N)
        sentence = ops.arange(WRITES * count) // WRITES
        before = ops.cast(sentence[:, None] > sentence[None], overlaps.dtype)
        reads = ops.reshape(overlaps * before, (-1, count, WRITES, WRITES * count))
        gates = ops.cast(gates, reads.dtype)[..., None]
        write, delete = gates[:, :, :WRITES], gates[:, :, WRITES:]
        moved = ops.pad(write[:, :, 1:2] * reads[:, :, :1], [[0, 0], [0, 0], [1, 1], [0, 0]])
        size = WRITES * count
        system = ops.reshape(delete * reads - moved, (-1, size, size))
        system = system + ops.eye(size, dtype=system.dtype)
        facts, back = entities[:, :, 1], entities[:, :, 0]
        targets = ops.stack([facts, ops.zeros_like(facts), back], axis=2)
        targets = _side_by_side(write * targets)
        return ops.linalg.solve_triangular(system, targets, lower=True)

    def _check(self, entities, relations, gates, starts, steps):
        batch, count = entities.shape[:2]
        heads, size, relation_size = starts.shape[1], self.entity_size, self.relation_size
        for name, tensor, shape, what in [
            ("entities", entities, (batch, None, 2, size), "(batch, sentences, 2, size)"),
            ("relations", relations, (batch, count, WRITES, relation_size), "(..., 3, size)"),
            ("gates", gates, (batch, count, 2 * WRITES), "(batch, sentences, 6)"),
            ("starts", starts, (batch, None, size), "(batch, chains, size)"),
            ("steps", steps, (batch, heads, self.hops, relation_size), "(..., hops, size)"),
        ]:
            check_shape(name, tensor, shape, what)

    def compute_mask(self, *args, **kwargs):
        return None

    def get_config(self):
        return {**super().get_config(), "hops": self.hops}


def unit_length(vectors):
    """The vectors scaled to length 1; in float32 at least."""
    vectors = ops.cast(vectors, keras.backend.result_type(vectors.dtype, "float32"))
    return vectors * ops.rsqrt(ops.sum(ops.square(vectors), axis=-1, keepdims=True) + 1e-6)


def _dots(left, right):
    """Products of all pairs: `(B, M, D)` and `(B, N, D)` to `(B, M, N)`."""
    return ops.matmul(left, ops.transpose(right, (0, 2, 1)))


def _side_by_side(tensor):
    """`(B, N, W, D)` to `(B, N W, D)`."""
    _, count, writes, size = ops.shape(tensor)
    return ops.reshape(tensor, (-1, count * writes, size))
