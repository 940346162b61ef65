"""A small decoder whose logits depend on all tokens, and searches through it in plain NumPy."""

import itertools

import keras
import numpy as np
from keras import ops

START, END = 1, 2
B, L, V, D = 4, 6, 5, 4
FREE = [0, 3, 4]  # what neither starts nor ends, the padding among them


class HistoryDecoder:
    """`h = tanh(h A + E_token)`, logits `h W + t b` of token `t`.

    Each row of a batch begins with its own `h`.
    """

    def __init__(self, rows=1, seed=0, end_bias=0.0):
        generator = np.random.default_rng(seed)
        shapes = (D, D), (V, D), (D, V), (rows, D)
        weights = [generator.normal(0, 1.5, shape).astype("float32") for shape in shapes]
        self.recurrent, self.embeddings, self.kernel, self.first = weights
        self.bias = np.array([0, -50, end_bias, 0.2, -0.1], "float32")

    def cache(self, rows=slice(None)):
        first = self.first[rows]
        return {"state": first, "calls": [np.zeros(len(first), "int32")]}

    def next(self, prompt, cache, index):
        before = ops.take(self.embeddings, prompt[:, index - 1], axis=0)
        state = ops.tanh(ops.matmul(cache["state"], self.recurrent) + before)
        calls = cache["calls"][0] + 1
        logits = ops.matmul(state, self.kernel) + self.bias * ops.cast(calls, "float32")[:, None]
        return logits, None, {"state": state, "calls": [calls]}

    def log_probs(self, row, tokens):
        """Those of the token after `tokens`, anew from the first one: `(V,)`."""
        state = self.first[row]
        for token in tokens:
            state = np.tanh(state @ self.recurrent + self.embeddings[token])
        logits = (state @ self.kernel + self.bias * len(tokens)).astype("float64")
        return logits - np.log(np.sum(np.exp(logits)))


def normalised(log_prob, count, alpha):
    return log_prob / ((5 + count) / 6) ** alpha


def all_answers(decoder, row, length, alpha):
    """All that end within `length`, one by one: pairs of a score and ids, best first."""
    answers = []
    for count in range(length - 1):
        for middle in itertools.product(FREE, repeat=count):
            tokens = [START, *middle, END]
            steps = (decoder.log_probs(row, tokens[:t])[tokens[t]] for t in range(1, len(tokens)))
            answers.append((normalised(sum(steps), count + 1, alpha), padded(tokens, length)))
    return sorted(answers, reverse=True)


def plain_search(decoder, row, length, width, alpha, stops=(END,), prompt=(START,)):
    """Beam search without tensors, which never stops early."""
    alive, ended = [(0.0, list(prompt))], []
    for t in range(len(prompt), length):
        grown = []
        for total, tokens in alive:
            steps = decoder.log_probs(row, tokens)
            grown += [(total + steps[v], [*tokens, v]) for v in range(V)]
        grown.sort(reverse=True)
        norm = t + 1 - len(prompt)
        ended += [(normalised(s, norm, alpha), y) for s, y in grown[:width] if y[-1] in stops]
        alive = [(s, y) for s, y in grown if y[-1] not in stops][:width]
    alive = [(normalised(s, length - len(prompt), alpha), y) for s, y in alive]
    best = sorted(ended or alive, reverse=True)[:width]
    return [(score, padded(tokens, length)) for score, tokens in best]


def padded(tokens, length):
    return tokens + [0] * (length - len(tokens))


def prompts(rows, length):
    prompt = np.zeros((rows, length), "int32")
    prompt[:, 0] = START
    return prompt


def run(sampler, decoder, rows=slice(None), stops=(END,), length=L, **options):
    cache = decoder.cache(rows)
    prompt = prompts(len(cache["state"]), length)
    results = sampler(decoder.next, prompt, cache, index=1, stop_token_ids=stops, **options)
    return keras.tree.map_structure(np.asarray, results)
