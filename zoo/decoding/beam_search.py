"""Beam search: the best outputs among those that a few best hypotheses lead to."""

import dataclasses
from typing import Any, NamedTuple

import keras
from keras import ops

from zoo.decoding.backpointers import Steps, traced
from zoo.decoding.constraint import moved, permitted
from zoo.decoding.search import (
    IMPOSSIBLE,
    Found,
    allowed_tokens,
    check_lengths,
    first_tokens,
    pick,
    top_k_indices,
    write_step,
)
from zoo.layers.checks import check_weights, check_whole


class Ended(NamedTuple):
    """The best outputs that have ended; each is a step, and the hypothesis that it extended.

    scores: `(B, W)` float32 with all penalties, the best first; `IMPOSSIBLE` for none.
    at: `(B, W)` int32, the step of the end token; -1 for none.
    parents: `(B, W)` int32, the hypothesis before that step.
    """

    scores: Any
    at: Any
    parents: Any


class Continuations(NamedTuple):
    """Hypotheses with one more token, `(B, 2 * W)`, the best first."""

    scores: Any  # float32 log-probabilities
    parents: Any  # int32, the hypothesis that each extends
    tokens: Any  # int32


class State(NamedTuple):
    """The state of the search before a step.

    step: `()` int32.
    tokens: `(B, W)` int32, the last token of each hypothesis.
    scores: `(B, W)` float32, its log-probability; `IMPOSSIBLE` if it does not go on.
    states: Those of the decoder, `(B * W, …)`.
    places: A tuple of the states `(B, W)` of each constraint.
    steps: The `Steps` so far.
    written: A tuple of the tokens `(B, W, T)` so far, if repetitions are banned, or of nothing.
    covered: A tuple of the summed attention `(B, W, S)`, if its penalty asks, or of nothing.
    ended: The `Ended`.
    greedy: `(B,)` bool, True as long as hypothesis 0 is that of greedy search.
    done: `(B,)` bool, True for rows whose search is over.
    """

    step: Any
    tokens: Any
    scores: Any
    states: Any
    places: tuple
    steps: Steps
    written: tuple
    covered: tuple
    ended: Ended
    greedy: Any
    done: Any


@dataclasses.dataclass(frozen=True)
class BeamSearch:
    """Keep the likeliest hypotheses at each step, and the best of the outputs that end.

    An output's score is `log p / ((5 + length) / 6) ** length_penalty`, its length that with the
    end token, plus `coverage_penalty` times the sum over the source of `log min(attention, 1)`,
    the attention summed over the steps. A row is done when `width` outputs have ended, or when no
    hypothesis can come among the best any more. Outputs cut at `max_length` count like others.
    The hypothesis of greedy search under the same bans is always kept, at the last rank if need be,
    so that no result is worse than that.

    Reference: Graves (2012), "Sequence transduction with recurrent neural networks",
    https://arxiv.org/abs/1211.3711; the penalties are those of Wu et al. (2016), "Google's neural
    machine translation system", https://arxiv.org/abs/1609.08144, section 7; n-grams are kept from
    coming twice as by Paulus, Xiong & Socher (2017), https://arxiv.org/abs/1705.04304, section 2.5.

    Args:
        width: Hypotheses to keep; with 1, the search is greedy.
        length_penalty: The exponent; 0 ranks by log-probability alone, more favours long outputs.
        coverage_penalty: Weight of the term that asks for attention to all of the source.
        no_repeat_ngram: Length of the runs of tokens that no output may have twice; 0 allows all.
        min_length: Tokens before the end token at least.
        max_length: Tokens at most, the end token included.
        n_best: Outputs to return for each row.
    """

    width: int = 5
    length_penalty: float = 0.6
    coverage_penalty: float = 0.0
    no_repeat_ngram: int = 0
    min_length: int = 0
    max_length: int = 100
    n_best: int = 1

    def __post_init__(self):
        check_lengths(self)
        check_whole(1, width=self.width, n_best=self.n_best)
        if self.n_best > self.width:
            raise ValueError(
                f"n_best must be at least 1 and at most the width, {self.width}; got {self.n_best}."
            )
        check_weights(length_penalty=self.length_penalty, coverage_penalty=self.coverage_penalty)
        check_whole(0, no_repeat_ngram=self.no_repeat_ngram)

    def noise(self, rows):
        """Random numbers for `search`: none."""
        return ()

    def search(self, decoder, states, step_weights, noise, tables=()):
        """The whole loop; see `zoo.generate`.

        Each step records the tokens it chose, and the hypotheses that they extend, once; the
        outputs are traced back from the end when all is done.
        """
        mask = step_weights.mask  # (B, S) or None
        if self.coverage_penalty and mask is None:
            raise ValueError("coverage_penalty needs a decoder with attention.")
        (state,) = ops.while_loop(
            lambda state: (state.step < self.max_length) & ~ops.all(state.done),
            lambda state: (self.next_state(decoder, step_weights, state, tables),),
            (self.first_state(decoder, states, step_weights, tables),),
        )
        return self.found(decoder, state, mask)

    def first_state(self, decoder, states, step_weights, tables):
        """The `State` before the first step."""
        width, length, mask = self.width, self.max_length, step_weights.mask
        rows = ops.shape(keras.tree.flatten(states)[0])[0]
        positions = () if mask is None else (ops.shape(mask)[1],)
        # All hypotheses of a row start alike, so only the first may go on from the first step.
        others = ops.cast(ops.arange(width, dtype="int32") > 0, "float32")
        nowhere = ops.full((rows, width), -1, "int32")
        return State(
            step=ops.convert_to_tensor(0, "int32"),
            tokens=ops.repeat(first_tokens(decoder, step_weights, rows)[:, None], width, axis=1),
            scores=ops.broadcast_to(others * IMPOSSIBLE, (rows, width)),
            states=keras.tree.map_structure(lambda array: ops.repeat(array, width, axis=0), states),
            places=tuple(ops.repeat(table.start[:, None], width, axis=1) for table in tables),
            steps=Steps(
                ops.zeros((length, rows, width), "int32"),
                ops.zeros((length, rows, width), "int32"),
                tuple(ops.zeros((length, rows, width, n), "float32") for n in positions),
            ),
            written=(ops.zeros((rows, width, length), "int32"),) if self.no_repeat_ngram else (),
            covered=tuple(
                ops.zeros((rows, width, n), "float32") for n in positions if self.coverage_penalty
            ),
            ended=Ended(ops.full((rows, width), IMPOSSIBLE, "float32"), nowhere, nowhere),
            greedy=ops.ones((rows,), "bool"),
            done=ops.zeros((rows,), "bool"),
        )

    def next_state(self, decoder, step_weights, state, tables):
        """The `State` after one step: every hypothesis is extended, the best are kept."""
        width = self.width
        logits, states, weights = decoder.step(
            ops.reshape(state.tokens, (-1,)), state.states, step_weights
        )
        weights = () if weights is None else (_by_row(weights, width),)  # (B, W, S)
        covered = tuple(old + new for old, new in zip(state.covered, weights, strict=False))
        found = self.continuations(self.gains(decoder, logits, state, tables), state)
        ends = found.tokens == decoder.end_token  # (B, 2W)
        ended = self.with_ended(state, found, ends, covered, step_weights.mask)

        greedy = state.greedy & ~ends[:, 0]
        scores = ops.where(ends, IMPOSSIBLE, found.scores)
        _, kept = ops.top_k(_first_on_top(scores, greedy), width)
        scores = ops.take_along_axis(scores, kept, 1)  # (B, W)
        tokens, parents = pick(found.tokens, kept), pick(found.parents, kept)
        rows = ops.expand_dims(ops.arange(ops.shape(parents)[0], dtype="int32"), 1)
        origins = ops.reshape(rows * width + parents, (-1,))  # (B * W,)
        return State(
            step=state.step + 1,
            tokens=tokens,
            scores=scores,
            states=keras.tree.map_structure(lambda array: ops.take(array, origins, 0), states),
            places=moved(tables, [pick(place, parents) for place in state.places], tokens),
            steps=keras.tree.map_structure(
                lambda old, new: write_step(old, new, state.step, 0),
                state.steps,
                Steps(tokens, parents, weights),
            ),
            written=tuple(
                write_step(pick(old, parents), tokens, state.step, 2) for old in state.written
            ),
            covered=tuple(pick(old, parents) for old in covered),
            ended=ended,
            greedy=greedy,
            done=state.done | self.is_decided(ended, scores, greedy),
        )

    def gains(self, decoder, logits, state, tables):
        """Log-probabilities `(B, W, V)` of each next token; those that are banned, impossible."""
        gains = ops.log_softmax(logits, -1)
        gains = ops.reshape(gains, (-1, self.width, decoder.vocab_size))
        allowed = allowed_tokens(decoder, state.step, self.min_length)
        allowed = permitted(tables, state.places, allowed)  # (B, W, V), if there are constraints
        gains = ops.where(allowed, gains, IMPOSSIBLE)
        return self.ban_repetitions(gains, *state.written, state.step) if state.written else gains

    def continuations(self, gains, state):
        """The best `Continuations`, that of greedy search first.

        Each hypothesis has one way to end, so among twice the width are enough that go on.
        """
        vocab_size = gains.shape[2]
        candidates = ops.expand_dims(state.scores, -1) + gains  # (B, W, V)
        likeliest = (
            ops.arange(vocab_size, dtype="int32") == ops.argmax(gains[:, :1], -1)[..., None]
        )  # (B, 1, V)
        of_first = (ops.arange(self.width, dtype="int32") == 0)[:, None]  # (W, 1)
        greedy = likeliest & of_first & state.greedy[:, None, None]  # (B, W, V)
        chosen = top_k_indices(
            _flat(ops.where(greedy, -IMPOSSIBLE, candidates)),
            min(2 * self.width, self.width * vocab_size),
        )
        scores = ops.take_along_axis(_flat(candidates), chosen, 1)  # (B, 2W)
        return Continuations(scores, chosen // vocab_size, chosen % vocab_size)

    def with_ended(self, state, found, ends, covered, mask):
        """The `Ended` with the continuations that end among the best `width` of a row."""
        ranks = ops.arange(found.scores.shape[1], dtype="int32")
        new = ends & (ranks < self.width) & ~ops.expand_dims(state.done, 1)
        new &= found.scores > IMPOSSIBLE / 2
        covered = tuple(pick(array, found.parents) for array in covered)
        scores = self.final_scores(found.scores, state.step + 1, covered, mask)
        at = ops.ones_like(found.parents) * state.step
        return Ended(
            *_best(
                self.width,
                state.ended,
                (ops.where(new, scores, IMPOSSIBLE), at, found.parents),
            )
        )

    def is_decided(self, ended, scores, greedy):
        """`(B,)` bool, True for rows whose hypotheses can change nothing any more."""
        count = ops.sum(ops.cast(ended.scores > IMPOSSIBLE / 2, "int32"), 1)
        best_hope = ops.max(scores, 1) / self.divisor(self.max_length)
        beaten = ended.scores[:, self.n_best - 1] >= best_hope
        return ((count >= self.width) & ~greedy) | beaten

    def found(self, decoder, state, mask):
        """The best outputs: those that have ended, and those cut at `max_length`."""
        cut = ~ops.expand_dims(state.done, 1) & (state.scores > IMPOSSIBLE / 2)
        scores = self.final_scores(state.scores, self.max_length, state.covered, mask)
        scores, at, parents, last = _best(
            self.n_best,
            (*state.ended, ops.full(ops.shape(cut), decoder.end_token, "int32")),
            (
                ops.where(cut, scores, IMPOSSIBLE),
                ops.cast(ops.where(cut, self.max_length - 1, -1), "int32"),
                state.steps.parents[-1],
                state.tokens,
            ),
        )
        tokens, attention = traced(state.steps, at, parents, last)
        return Found(tokens, scores, attention)

    def divisor(self, length):
        """Divisor of the log-probabilities of outputs of a length."""
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** self.length_penalty

    def final_scores(self, scores, length, covered, mask):
        """Scores `(B, N)` with both penalties, for outputs of the same length.

        Args:
            scores: `(B, N)` log-probabilities.
            length: Number of tokens.
            covered: A tuple of the attention summed over them, `(B, N, S)`, if its penalty asks.
            mask: `(B, S)` bool, True for positions of the source.
        """
        scores = scores / self.divisor(length)
        if not self.coverage_penalty:
            return scores
        covered = ops.clip(covered[0], 1e-10, 1.0)
        covered = ops.where(ops.expand_dims(mask, 1), ops.log(covered), 0.0)
        return scores + self.coverage_penalty * ops.sum(covered, -1)

    def ban_repetitions(self, gains, tokens, t):
        """Gains without the tokens that would repeat a run of `no_repeat_ngram` tokens."""
        size = self.no_repeat_ngram
        length = tokens.shape[2]
        if length < size:
            return gains
        starts = length - size + 1
        # Positions at which the last `size - 1` tokens stand.
        same = ops.ones((*ops.shape(tokens)[:2], starts), "bool")
        for offset in range(size - 1):
            at = t - (size - 1) + offset
            last = ops.take(tokens, ops.maximum(at, 0), axis=2)[:, :, None]  # (B, W, 1)
            same &= (tokens[:, :, offset : offset + starts] == last) & (at >= 0)
        same &= (
            ops.arange(starts, dtype="int32") + size - 1 < t
        )  # only in the tokens written so far
        following = ops.where(same, tokens[:, :, size - 1 :], 0)  # (B, W, starts)
        vocab = ops.arange(gains.shape[-1], dtype="int32")
        # Token 0 is never allowed anyway.
        banned = ops.any(following[..., None] == vocab, axis=2)  # (B, W, V)
        return ops.where(banned, IMPOSSIBLE, gains)


def _flat(array):
    """`(B, W, V)` as `(B, W * V)`."""
    return ops.reshape(array, (-1, array.shape[1] * array.shape[2]))


def _by_row(array, width):
    """`(B * W, S)` as `(B, W, S)`."""
    return ops.reshape(array, (-1, width, ops.shape(array)[1]))


def _first_on_top(scores, greedy):
    """Scores `(B, N)` to rank by: the first one is above all others in the rows of `greedy`."""
    first = greedy[:, None] & (ops.arange(scores.shape[1], dtype="int32") == 0)
    return ops.where(first, -IMPOSSIBLE, scores)


def _best(count, *groups):
    """The best outputs of several groups, each a tuple of arrays `(B, N)`, scores first."""
    scores, *others = (ops.concatenate(arrays, 1) for arrays in zip(*groups, strict=True))
    scores, kept = ops.top_k(scores, count)
    return scores, *(pick(array, kept) for array in others)
