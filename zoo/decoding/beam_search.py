"""Beam search: the best outputs among those that a few best beginnings lead to."""

import dataclasses

import keras
from keras import ops

from zoo.decoding.backpointers import Steps, traced
from zoo.decoding.search import (
    IMPOSSIBLE,
    Found,
    allowed_tokens,
    check_lengths,
    pick,
    top_k_indices,
    write_step,
)
from zoo.layers.checks import check_weights, check_whole


@dataclasses.dataclass(frozen=True)
class BeamSearch:
    """Keep the likeliest beginnings at each step, and of the outputs that end the best ones.

    An output's score is `log p / ((5 + length) / 6) ** length_penalty`, its length that with the
    end token, plus `coverage_penalty` times the sum over the source of `log min(attention, 1)`,
    the attention summed over the steps. A row is done when `width` outputs have ended, or when none
    that goes on can come among the best any more. Outputs cut at `max_length` count like others.
    What greedy search would write under the same bans is always among the beginnings, in the last
    place if need be, so that no result is worse than that.

    Reference: Graves (2012), "Sequence transduction with recurrent neural networks",
    https://arxiv.org/abs/1211.3711; the penalties are those of Wu et al. (2016), "Google's neural
    machine translation system", https://arxiv.org/abs/1609.08144, section 7; n-grams are kept from
    coming twice as by Paulus, Xiong & Socher (2017), https://arxiv.org/abs/1705.04304, section 2.5.

    Args:
        width: Beginnings to keep; with 1, the search is greedy.
        length_penalty: The exponent, 0 to rank by log-probability alone; more favours long outputs.
        coverage_penalty: Weight of the term that wants all of the source attended to.
        no_repeat_ngram: Length of the runs of tokens that no output may have twice; 0 allows all.
        min_length: Tokens before the end token at least.
        max_length: Tokens at most, the end token included.
        n_best: Outputs to give of each row.
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
        """What `search` takes as `noise`: nothing."""
        return ()

    def search(self, decoder, states, laid, noise):
        """The whole loop; see `zoo.generate`.

        What each step chose is written down once, with the beam that it goes on from; the outputs
        are read from the end to the beginning when all is done. A place in an output is a step and
        the beam, of those before that step, that it was chosen for.
        """
        width, length, vocab_size = self.width, self.max_length, decoder.vocab_size
        places = laid.mask  # (B, S) or None
        if self.coverage_penalty and places is None:
            raise ValueError("coverage_penalty needs a decoder with attention.")
        rows = ops.shape(keras.tree.flatten(states)[0])[0]
        states = keras.tree.map_structure(
            lambda array: ops.repeat(array, width, axis=0), states
        )  # (B * W, …)
        # All beams of a row start alike, so only the first may go on from the first step.
        first = ops.cast(ops.arange(width) == 0, "float32")
        steps = Steps(
            ops.zeros((length, rows, width), "int32"),
            ops.zeros((length, rows, width), "int32"),
            () if places is None else (ops.zeros((length, rows, width, ops.shape(places)[1])),),
        )
        written = (ops.zeros((rows, width, length), "int32"),) if self.no_repeat_ngram else ()
        covered = (ops.zeros((rows, width, ops.shape(places)[1])),) if self.coverage_penalty else ()
        nothing = ops.full((rows, width), IMPOSSIBLE)
        nowhere = ops.full((rows, width), -1, "int32")

        def body(t, tokens, scores, steps, written, covered, states, ended, greedy, done):
            logits, states, weights = decoder.step(ops.reshape(tokens, (-1,)), states, laid)
            gains = ops.log_softmax(logits, -1)
            gains = ops.reshape(gains, (rows, width, vocab_size))  # (B, W, V)
            allowed = allowed_tokens(decoder, t, self.min_length)
            gains = ops.where(allowed, gains, IMPOSSIBLE)
            if self.no_repeat_ngram:
                gains = self.ban_repetitions(gains, *written, t)
            weights = () if weights is None else (_by_row(weights, width),)  # (B, W, S)
            covered = tuple(old + new for old, new in zip(covered, weights, strict=False))

            # Each beam has one way to end, so among twice the width are enough that go on.
            options = min(2 * width, width * vocab_size)
            candidates = ops.expand_dims(scores, -1) + gains  # (B, W, V)
            # Beam 0 is what greedy search writes, until that ends: its best token goes first.
            likeliest = ops.arange(vocab_size) == ops.argmax(gains[:, :1], -1)[..., None]
            first = likeliest & (ops.arange(width) == 0)[:, None] & greedy[:, None, None]
            chosen = top_k_indices(_flat(ops.where(first, -IMPOSSIBLE, candidates)), options)
            scores = ops.take_along_axis(_flat(candidates), chosen, 1)  # (B, 2W)
            parents, tokens = chosen // vocab_size, chosen % vocab_size
            ends = tokens == decoder.end_token

            # Those that end among the best `width` are outputs, if the row is not done.
            final = ends & (ops.arange(options) < width) & ~ops.expand_dims(done, 1)
            final &= scores > IMPOSSIBLE / 2
            of_parents = tuple(pick(array, parents) for array in covered)
            final_scores = ops.where(
                final, self.final(scores, t + 1, of_parents, places), IMPOSSIBLE
            )
            now = ops.full((rows, options), 1, "int32") * t
            ended = _best(width, ended, (final_scores, (now, parents)))

            greedy = greedy & ~ends[:, 0]
            first = greedy[:, None] & (ops.arange(options) == 0)
            scores = ops.where(ends, IMPOSSIBLE, scores)
            _, kept = ops.top_k(ops.where(first, -IMPOSSIBLE, scores), width)
            scores = ops.take_along_axis(scores, kept, 1)  # (B, W)
            tokens, parents = pick(tokens, kept), pick(parents, kept)
            steps = Steps(
                write_step(steps.tokens, tokens, t, 0),
                write_step(steps.parents, parents, t, 0),
                tuple(
                    write_step(old, new, t, 0)
                    for old, new in zip(steps.weights, weights, strict=True)
                ),
            )
            written = tuple(write_step(pick(old, parents), tokens, t, 2) for old in written)
            covered = tuple(pick(old, parents) for old in covered)
            here = ops.expand_dims(ops.arange(rows), 1) * width + parents
            here = ops.reshape(here, (-1,))
            states = keras.tree.map_structure(lambda array: ops.take(array, here, 0), states)

            count = ops.sum(ops.cast(ended[0] > IMPOSSIBLE / 2, "int32"), 1)
            hope = ops.max(scores, 1) / self.divisor(length)
            beaten = ended[0][:, self.n_best - 1] >= hope
            done = done | ((count >= width) & ~greedy) | beaten
            return t + 1, tokens, scores, steps, written, covered, states, ended, greedy, done

        _, tokens, scores, steps, _, covered, _, ended, _, done = ops.while_loop(
            lambda t, *rest: (t < length) & ~ops.all(rest[-1]),
            body,
            (
                ops.convert_to_tensor(0, "int32"),
                ops.full((rows, width), decoder.begin_token, "int32"),
                ops.broadcast_to((1 - first) * IMPOSSIBLE, (rows, width)),
                steps,
                written,
                covered,
                states,
                (nothing, (nowhere, nowhere)),
                ops.ones((rows,), "bool"),
                ops.zeros((rows,), "bool"),
            ),
        )
        cut = ~ops.expand_dims(done, 1) & (scores > IMPOSSIBLE / 2)
        scores = ops.where(cut, self.final(scores, length, covered, places), IMPOSSIBLE)
        at, parents = ended[1]
        scores, (at, parents, last) = _best(
            self.n_best,
            (ended[0], (at, parents, ops.full((rows, width), decoder.end_token, "int32"))),
            (scores, (ops.where(cut, length - 1, -1), steps.parents[-1], tokens)),
        )
        tokens, attention = traced(steps, at, parents, last)
        return Found(tokens, scores, attention)

    def divisor(self, length):
        """What log-probabilities of outputs of a length are divided by."""
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** self.length_penalty

    def final(self, scores, length, covered, places):
        """Scores `(B, N)` with both penalties, for outputs of the same length.

        Args:
            scores: `(B, N)` log-probabilities.
            length: Number of tokens.
            covered: A tuple of the attention summed over them, `(B, N, S)`, if a penalty asks.
            places: `(B, S)` bool, what can be attended to.
        """
        scores = scores / self.divisor(length)
        if not self.coverage_penalty:
            return scores
        covered = ops.clip(covered[0], 1e-10, 1.0)
        covered = ops.where(ops.expand_dims(places, 1), ops.log(covered), 0.0)
        return scores + self.coverage_penalty * ops.sum(covered, -1)

    def ban_repetitions(self, gains, tokens, t):
        """Gains without the tokens that would end a run for the second time."""
        size = self.no_repeat_ngram
        length = tokens.shape[2]
        if length < size:
            return gains
        starts = length - size + 1
        # The last `size - 1` tokens, and at each place whether the same ones stand there.
        same = ops.ones((*ops.shape(tokens)[:2], starts), "bool")
        for offset in range(size - 1):
            at = t - (size - 1) + offset
            last = ops.take(tokens, ops.maximum(at, 0), axis=2)[:, :, None]  # (B, W, 1)
            same &= (tokens[:, :, offset : offset + starts] == last) & (at >= 0)
        same &= ops.arange(starts) + size - 1 < t  # the run lies in what is written
        following = ops.where(same, tokens[:, :, size - 1 :], 0)  # (B, W, starts)
        vocab = ops.arange(gains.shape[-1])
        # Token 0 is never allowed anyway.
        banned = ops.any(following[..., None] == vocab, axis=2)  # (B, W, V)
        return ops.where(banned, IMPOSSIBLE, gains)


def _flat(array):
    """`(B, W, V)` as `(B, W * V)`."""
    return ops.reshape(array, (-1, array.shape[1] * array.shape[2]))


def _by_row(array, width):
    """`(B * W, S)` as `(B, W, S)`."""
    return ops.reshape(array, (-1, width, ops.shape(array)[1]))


def _best(count, *groups):
    """The best of several groups of `(scores (B, N), outputs (B, N, …))`."""
    scores = ops.concatenate([scores for scores, _ in groups], 1)
    outputs = keras.tree.map_structure(
        lambda *arrays: ops.concatenate(arrays, 1), *(outputs for _, outputs in groups)
    )
    scores, kept = ops.top_k(scores, count)
    return scores, keras.tree.map_structure(lambda array: pick(array, kept), outputs)
