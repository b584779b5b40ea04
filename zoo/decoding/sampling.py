"""Greedy decoding and sampling: one token at a time, never taken back."""

import dataclasses

import keras
import numpy as np
from keras import ops

from zoo.decoding.constraint import moved, permitted
from zoo.decoding.search import (
    IMPOSSIBLE,
    Found,
    allowed_tokens,
    check_lengths,
    first_tokens,
    write_step,
)
from zoo.layers.checks import check_weights, check_whole


@dataclasses.dataclass(frozen=True)
class Greedy:
    """Take the likeliest token at each step.

    Args:
        max_length: Tokens at most, the end token included.
        min_length: Tokens before the end token at least.
        forbidden: Ids that are never written, beside padding and the begin token.
    """

    max_length: int = 100
    min_length: int = 0
    forbidden: tuple[int, ...] = ()

    def __post_init__(self):
        check_lengths(self)

    def noise(self, rows):
        """Random numbers for `search`: none."""
        return ()

    def search(self, decoder, states, step_weights, noise, tables=()):
        """The whole loop; see `zoo.generate`."""

        def choose(scores, step):
            return ops.argmax(scores, -1)

        return _one_path(self, decoder, states, step_weights, choose, tables)


@dataclasses.dataclass(frozen=True)
class Sample:
    """Draw each token from the model's distribution.

    The probability of padding and the begin token is shared out among the other tokens.

    Reference: Holtzman et al. (2020), "The curious case of neural text degeneration",
    https://arxiv.org/abs/1904.09751, section 3.1 (nucleus, `top_p`) and 3.2 (`top_k`).

    Args:
        temperature: Divides the logits: below 1 for likelier tokens, above 1 for rarer ones.
        top_k: Draw from this many of the likeliest tokens; 0 for all.
        top_p: Draw from the likeliest tokens that together have this probability; 1 for all.
        seed: The same seed gives the same sample, row by row, on every backend.
        n: Samples of each row.
        max_length: Tokens at most, the end token included.
        min_length: Tokens before the end token at least.
        forbidden: Ids that are never written, beside padding and the begin token.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    n: int = 1
    max_length: int = 100
    min_length: int = 0
    forbidden: tuple[int, ...] = ()

    def __post_init__(self):
        check_lengths(self)
        check_weights(temperature=self.temperature, top_p=self.top_p)
        if not self.temperature:
            raise ValueError("temperature must be a number above 0; got 0.")
        check_whole(0, top_k=self.top_k, seed=self.seed)
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1; got {self.top_p}.")
        check_whole(1, n=self.n)

    def noise(self, rows):
        """Random numbers for `search`: one in [0, 1) for each token, `(rows, n, max_length)`."""
        shape = (rows, self.n, self.max_length)
        return np.random.default_rng(self.seed).random(shape, np.float32)

    def search(self, decoder, states, step_weights, noise, tables=()):
        """The whole loop; see `zoo.generate`."""
        n = self.n
        tables = tuple(x._replace(start=ops.repeat(x.start, n, axis=0)) for x in tables)
        noise = ops.reshape(noise, (-1, self.max_length))  # (B * n, T)
        states = keras.tree.map_structure(lambda array: ops.repeat(array, n, axis=0), states)

        def choose(scores, step):
            ruled_out = scores <= IMPOSSIBLE
            scores = ops.where(ruled_out, IMPOSSIBLE, scores / self.temperature)
            scores = self.reshape_distribution(scores)
            cumulative = ops.cumsum(ops.softmax(scores, -1), -1)  # (B * n, V)
            drawn = ops.take(noise, step, axis=1)[:, None] * cumulative[:, -1:]
            return ops.minimum(
                ops.sum(ops.cast(cumulative <= drawn, "int32"), -1), scores.shape[-1] - 1
            )

        found = _one_path(self, decoder, states, step_weights, choose, tables)
        by_row = keras.tree.map_structure(
            lambda array: ops.reshape(array, (-1, n, *ops.shape(array)[2:])),
            found._replace(states=()),
        )
        return by_row._replace(states=found.states)

    def reshape_distribution(self, scores):
        """The scores, those that `top_k` and `top_p` rule out made impossible."""
        if self.top_k and self.top_k < scores.shape[-1]:
            least = ops.top_k(scores, self.top_k)[0][:, -1:]
            scores = ops.where(scores < least, IMPOSSIBLE, scores)
        if self.top_p < 1:
            ranked = ops.flip(ops.sort(scores, -1), -1)
            before = ops.cumsum(ops.softmax(ranked, -1), -1) - ops.softmax(ranked, -1)
            # The likeliest token has nothing before it, so one is always left.
            kept = ops.where(before < self.top_p, ranked, -IMPOSSIBLE)
            scores = ops.where(scores < ops.min(kept, -1, keepdims=True), IMPOSSIBLE, scores)
        return scores


def _one_path(strategy, decoder, states, step_weights, choose, tables):
    """One output a row, its tokens chosen one at a time and never taken back."""
    length = strategy.max_length
    rows = ops.shape(keras.tree.flatten(states)[0])[0]
    mask = step_weights.mask
    positions = () if mask is None else (ops.shape(mask)[1],)
    attention = tuple(ops.zeros((rows, length, count), "float32") for count in positions)

    def body(t, token, ended, places, tokens, score, attention, states):
        logits, states, weights = decoder.step(token, states, step_weights)
        log_probabilities = ops.log_softmax(logits, -1)  # (B, V)
        allowed = allowed_tokens(decoder, t, strategy.min_length, strategy.forbidden)  # (V,)
        allowed = permitted(tables, places, allowed)  # (B, V), if there are constraints
        token = choose(ops.where(allowed, log_probabilities, IMPOSSIBLE), t)
        token = ops.cast(token, "int32")
        gained = ops.take_along_axis(log_probabilities, token[:, None], -1)[:, 0]
        if tables:  # an output that nothing can extend is none
            stuck = ~ops.any(allowed, -1)
            gained = ops.where(stuck, IMPOSSIBLE, gained)
            places = moved(tables, places, token)
        score = score + ops.where(ended, 0.0, gained)
        ended = (ended | stuck) if tables else ended
        token = ops.where(ended, 0, token)
        tokens = write_step(tokens, token, t)
        if attention:
            weights = ops.where(ended[:, None], 0.0, weights)
            attention = (write_step(attention[0], weights, t),)
        ended = ended | (token == decoder.end_token)
        return t + 1, token, ended, places, tokens, score, attention, states

    *_, tokens, score, attention, states = ops.while_loop(
        lambda t, token, ended, *_: (t < length) & ~ops.all(ended),
        body,
        (
            ops.convert_to_tensor(0, "int32"),
            first_tokens(decoder, step_weights, rows),
            ops.zeros((rows,), "bool"),
            tuple(table.start for table in tables),
            ops.zeros((rows, length), "int32"),
            ops.zeros((rows,), "float32"),
            attention,
            states,
        ),
    )
    attention = tuple(array[:, None] for array in attention)
    states = tuple(keras.tree.flatten(states)) if decoder.reads_prime else ()
    return Found(tokens[:, None], score[:, None], attention, states)
