"""Batches of sentence pairs: a budget of tokens each, in few shapes, in an order fixed by seed."""

import dataclasses

import numpy as np

from recipes.common.data import batching
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import BEGIN, END

GRAIN = 4


@dataclasses.dataclass(frozen=True)
class PairSequences:
    """Token ids of each side end to end, every sentence closed by `END`.

    Args:
        source_ids: `(sum of lengths,)` int32.
        source_starts: `(N + 1,)` index at which each sentence begins, and the last one ends.
        target_ids, target_starts: The same of the other side.
    """

    source_ids: np.ndarray
    source_starts: np.ndarray
    target_ids: np.ndarray
    target_starts: np.ndarray

    @classmethod
    def of(cls, sources, targets):
        """Join lists of ids that have no end token yet."""
        columns = [batching.join([[*ids, END] for ids in side]) for side in (sources, targets)]
        return cls(*columns[0], *columns[1])

    @classmethod
    def for_training(cls, sources, targets, max_length):
        """Join the pairs of which no side has more than `max_length` tokens.

        Raises:
            UserError: If none is left.
        """
        pairs = list(zip(sources, targets, strict=True))
        short = [pair for pair in pairs if max(map(len, pair)) <= max_length]
        if not short:
            raise UserError(
                f"All {len(pairs):,} training pairs have a side of more than {max_length} tokens; "
                "raise --max-length."
            )
        if len(short) < len(pairs):
            tell(
                f"Left out {len(pairs) - len(short):,} of {len(pairs):,} training pairs: one side "
                f"has more than {max_length} tokens (--max-length)."
            )
        return cls.of(*zip(*short, strict=True))

    @classmethod
    def for_evaluation(cls, sources, targets, max_length):
        """Join all pairs; what a source has beyond `max_length` tokens is cut off."""
        if long := sum(len(ids) > max_length for ids in sources):
            tell(f"Cut {long:,} of {len(sources):,} sources after {max_length} tokens.")
        return cls.of([ids[:max_length] for ids in sources], targets)

    def __len__(self):
        return len(self.source_starts) - 1

    @property
    def lengths(self):
        """`(N, 2)` number of tokens of each source and target, the end tokens included."""
        return np.stack([np.diff(self.source_starts), np.diff(self.target_starts)], axis=-1)


def bucket_boundaries(lengths, count):
    """Padded lengths of sources and targets: `(n, 2)`, multiples of `GRAIN`, n <= count.

    Pairs fall into the buckets of their longer side that leave the least padding: with 8 buckets
    15 % of Multi30k, where buckets at equal shares of the tokens leave 19 %. Each boundary then
    holds the longest source and the longest target of its bucket and of those before it.

    Args:
        lengths: `(N, 2)` lengths of sources and targets.
        count: Number of buckets at most.
    """
    longer = -(-lengths.max(axis=-1) // GRAIN) * GRAIN
    edges, sizes = np.unique(longer, return_counts=True)
    ends = _least_padded(edges, sizes, count)
    longest = np.stack([lengths[longer <= edges[end]].max(axis=0) for end in ends])
    return -(-longest // GRAIN) * GRAIN


def _least_padded(edges, sizes, count):
    """Indices of the edges that end the groups of least padding, at most `count` of them."""
    before = np.concatenate([[0], np.cumsum(sizes)])
    # The tokens of a group that begins with the row's edge and ends with the column's.
    tokens = np.triu((before[None, 1:] - before[:-1, None]) * edges).astype(float)  # (E, E)
    tokens[np.tril_indices(len(edges), -1)] = np.inf
    best, begins = tokens[0], []
    for _ in range(count - 1):
        # With one group more, the last one may begin after any edge.
        options = np.concatenate([[0.0], best[:-1]])[:, None] + tokens
        begins.append(options.argmin(axis=0))
        best = options.min(axis=0)
    ends = [len(edges) - 1]
    for begin in reversed(begins):
        if begin[ends[0]] == 0:
            break
        ends.insert(0, begin[ends[0]] - 1)
    return ends


class PairBatches(batching.Epochs):
    """The batches of a set of pairs, each of one bucket.

    A pair belongs to the first bucket that holds both its sides. All batches of a bucket have the
    same number of rows: as many as keep either side of a batch within `token_budget` padded tokens,
    spread evenly over the batches. Rows that fill up a batch repeat its first pair with weight 0.

    Args:
        sequences: The `PairSequences`.
        token_budget: Padded tokens of the longer side in a batch, at most, if a row allows it.
        buckets: Number of buckets at most.
        seed: Seed of the order, or None for the order of the buckets.
        multiple: What the number of rows is a multiple of, such as the number of devices.
        like: Other batches whose shapes are to be used as far as they hold the pairs, so that no
            more need be compiled; `buckets` and `token_budget` then count for what is longer.
    """

    def __init__(self, sequences, token_budget, buckets, seed=None, multiple=1, like=None):
        self.sequences = sequences
        self.seed = seed
        lengths = sequences.lengths
        self.boundaries = bucket_boundaries(lengths, buckets)
        if like is not None:
            longest = self.boundaries[-1:]
            self.boundaries = like.boundaries
            if (longest > like.boundaries[-1]).any():
                longest = np.maximum(longest, like.boundaries[-1])
                self.boundaries = np.concatenate([like.boundaries, longest])
        sides = zip(self.boundaries.T, lengths.T, strict=True)
        # The boundaries of each side grow from bucket to bucket, so the later bucket holds both.
        self.bucket = np.max([np.searchsorted(edges, side) for edges, side in sides], axis=0)
        self.members = [np.flatnonzero(self.bucket == i) for i in range(len(self.boundaries))]
        self.rows = [
            _rows(len(members), token_budget // int(boundary.max()), multiple)
            for members, boundary in zip(self.members, self.boundaries, strict=True)
        ]
        if like is not None:
            self.rows[: len(like.rows)] = like.rows

    def __len__(self):
        return sum(
            -(-len(members) // rows) for members, rows in zip(self.members, self.rows, strict=True)
        )

    def order(self, epoch=0):
        """The index arrays of an epoch's batches, a function of seed and epoch alone."""
        members = self.members
        if self.seed is not None:
            generator = np.random.Generator(np.random.PCG64([self.seed, epoch]))
            members = [generator.permutation(bucket) for bucket in members]
        batches = [
            bucket[i : i + rows]
            for bucket, rows in zip(members, self.rows, strict=True)
            for i in range(0, len(bucket), rows)
        ]
        if self.seed is None:
            return batches
        return [batches[i] for i in generator.permutation(len(batches))]

    def batch(self, indices):
        """Pairs of one bucket for teacher forcing.

        Returns:
            `{"source": (B, S) int32, "target": (B, T) int32}, labels (B, T) int32, weights (B, T)
            float32`: sources end with `END`, targets begin with `BEGIN`, labels are the targets
            one token on and end with `END`; weights are 1 on labels and 0 on all else.
        """
        pairs, bucket = self.sequences, self.bucket[indices[0]]
        source_length, target_length = self.boundaries[bucket]
        filled, real = batching.fill(indices, self.rows[bucket])
        source = batching.pad(pairs.source_ids, pairs.source_starts, filled, source_length)
        labels = batching.pad(pairs.target_ids, pairs.target_starts, filled, target_length)
        inside = np.arange(target_length) < np.diff(pairs.target_starts)[filled, None]  # (B, T)
        target = np.zeros_like(labels)
        target[:, 0] = BEGIN
        target[:, 1:] = np.where(inside[:, 1:], labels[:, :-1], 0)
        weights = inside * real[:, None]
        return {"source": source, "target": target}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), tf.int32)
        return {"source": ids, "target": ids}, ids, tf.TensorSpec((None, None), tf.float32)


def _rows(count, most, multiple):
    """Rows of each batch of a bucket of so many pairs."""
    most = max(1, most // multiple) * multiple
    if not count:
        return most
    batches = -(-count // most)
    rows = -(-count // batches)
    return -(-rows // multiple) * multiple
