"""Batches of sequences: bucketed by length into few shapes, in an order that seed and epoch fix."""

import dataclasses
import itertools

import numpy as np

from recipes.common import devices

# Examples are sorted by length within pools of this many batches: enough for batches of nearly
# equal lengths, few enough that an epoch stays well shuffled.
BATCHES_A_POOL = 50


@dataclasses.dataclass(frozen=True)
class Sequences:
    """Token ids end to end, and the label of each sequence.

    Args:
        ids: `(sum of lengths,)` int32.
        starts: `(N + 1,)` positions at which each sequence begins and the last one ends.
        labels: `(N,)` int32.
    """

    ids: np.ndarray
    starts: np.ndarray
    labels: np.ndarray

    @classmethod
    def of(cls, encoded, labels):
        """Join lists of ids; an empty one becomes one padding token."""
        return cls(*join([ids or [0] for ids in encoded]), np.asarray(labels, np.int32))

    def __len__(self):
        return len(self.labels)

    @property
    def lengths(self):
        """`(N,)` number of tokens of each sequence."""
        return np.diff(self.starts)


def join(encoded):
    """Lists of ids end to end, and `(N + 1,)` positions at which each begins and the last ends."""
    starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    joined = itertools.chain.from_iterable(encoded)
    return np.fromiter(joined, np.int32, count=int(starts[-1])), starts


def pad(ids, starts, chosen, length):
    """Chosen ones of joined sequences, `(len(chosen), length)` int32, zero-padded on the right."""
    positions = starts[chosen][:, None] + np.arange(length)  # (B, T)
    inside = positions < starts[chosen + 1][:, None]
    return np.where(inside, ids[np.minimum(positions, len(ids) - 1)], 0)


def fill(indices, rows):
    """Indices for all rows of a batch, the first one in those left over, and `(rows,)` weights."""
    filled = np.concatenate([indices, np.repeat(indices[:1], rows - len(indices), 0)])
    return filled, (np.arange(rows) < len(indices)).astype(np.float32)


def bucket_boundaries(lengths, count, longest=0):
    """The padded lengths to use: at most `count`, each a multiple of eight.

    They lie at equal shares of the tokens rather than of the sequences, as padding costs most in
    long sequences. The last one holds `longest` too, if that is more.
    """
    lengths = np.sort(np.asarray(lengths))
    lengths[-1] = max(lengths[-1], longest)
    cumulative = np.cumsum(lengths)
    shares = np.arange(1, count + 1) / count * cumulative[-1]
    at = np.minimum(np.searchsorted(cumulative, shares - 1e-9), len(lengths) - 1)
    return np.unique(-(-lengths[at] // 8) * 8)


def order(lengths, batch_size, seed=None, epoch=0):
    """Batches of sequences, as a list of index arrays.

    With a seed, a function of seed and epoch alone: shuffled, sorted by length within pools, and
    the batches shuffled. Without one, sorted by length. Only the last batch made may be smaller.
    """
    if seed is None:
        ranked = np.argsort(lengths, kind="stable")
        return [ranked[i : i + batch_size] for i in range(0, len(ranked), batch_size)]
    generator = np.random.Generator(np.random.PCG64([seed, epoch]))
    shuffled = generator.permutation(len(lengths))
    batches = []
    pool = BATCHES_A_POOL * batch_size
    for start in range(0, len(shuffled), pool):
        ranked = shuffled[start : start + pool]
        ranked = ranked[np.argsort(lengths[ranked], kind="stable")]
        batches += [ranked[i : i + batch_size] for i in range(0, len(ranked), batch_size)]
    return [batches[i] for i in generator.permutation(len(batches))]


class Epochs:
    """Batches as training reads them: one pass, and epoch after epoch from any point on.

    A subclass brings `__len__`, the number of batches of every epoch, `order(epoch)`, the index
    arrays of its batches, `batch(indices)`, and `signature()`, the `tf.TensorSpec`s of a batch.
    `ahead` is how many batches may be made before they are asked for.
    """

    ahead = 4

    def stream(self, epoch=0, step=0):
        """Batches without end, from a step of an epoch on."""
        while True:
            for indices in self.order(epoch)[step:]:
                yield self.batch(indices)
            epoch, step = epoch + 1, 0

    def endless(self, epoch=0, step=0):
        """The stream as a `tf.data.Dataset`."""
        return self._dataset(lambda: self.stream(epoch, step))

    def once(self):
        """One pass as a `tf.data.Dataset` that knows its size."""
        import tensorflow as tf

        dataset = self._dataset(lambda: map(self.batch, self.order()))
        return dataset.apply(tf.data.experimental.assert_cardinality(len(self)))

    def _dataset(self, generator):
        import tensorflow as tf

        def batches():
            devices.keep_freed_memory()  # which a dataset of this kind undoes when it is made
            yield from generator()

        dataset = tf.data.Dataset.from_generator(batches, output_signature=self.signature())
        # The thread of tf.data's autotuning sleeps for up to a minute, and the
        # process that drops a dataset waits until it wakes.
        options = tf.data.Options()
        options.autotune.enabled = False
        dataset = dataset.prefetch(self.ahead) if self.ahead else dataset
        return dataset.with_options(options)


class Batches(Epochs):
    """The batches of a set of sequences, bucketed by length.

    Every batch has `batch_size` rows and one of the boundaries as its length. Rows that fill up a
    smaller batch repeat its first sequence with weight 0.

    Args:
        sequences: The `Sequences`.
        batch_size: Rows a batch.
        boundaries: Increasing padded lengths; the last one holds the longest sequence.
        seed: Seed of the order, or None to go by length.
    """

    def __init__(self, sequences, batch_size, boundaries, seed=None):
        self.sequences = sequences
        self.batch_size = batch_size
        self.boundaries = boundaries
        self.seed = seed

    def __len__(self):
        return -(-len(self.sequences) // self.batch_size)

    def order(self, epoch=0):
        """The index arrays of an epoch's batches."""
        return order(self.sequences.lengths, self.batch_size, self.seed, epoch)

    def batch(self, indices):
        """`{"tokens": (B, T) int32}, labels (B,) int32, weights (B,) float32`."""
        sequences = self.sequences
        longest = sequences.lengths[indices].max()
        length = self.boundaries[np.searchsorted(self.boundaries, longest)]
        filled, weights = fill(indices, self.batch_size)
        tokens = pad(sequences.ids, sequences.starts, filled, length)
        return {"tokens": tokens}, sequences.labels[filled], weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        rows = self.batch_size
        return (
            {"tokens": tf.TensorSpec((rows, None), tf.int32)},
            tf.TensorSpec((rows,), tf.int32),
            tf.TensorSpec((rows,), tf.float32),
        )
