"""Batches of names of nearly one length, each name a chunk of its own."""

import numpy as np

from recipes.common.data.streams import Streams

A_POOL = 50  # batches within which names are sorted by length
MULTIPLE = 4  # of the padded lengths, each of which is compiled once


class NameBatches(Streams):
    """Names side by side, padded to the longest one of the batch.

    With steps for the longest name, as `Streams` has, half of a training would be padding.

    Args: Those of `Streams`, with `steps` for the longest name and the marks around it.
    """

    def order(self, epoch=0):
        """The names of each batch, `(batches, B, 3)`, as `Streams` has chunks; all fresh.

        With a seed shuffled, sorted by length within pools, and the batches shuffled; without one
        sorted by length.
        """
        rows = super().order(epoch).reshape(-1, 3)
        rows = rows[rows[:, 0] >= 0]
        pool = A_POOL * self.batch_size if self.seed is not None else len(rows)
        pools = (rows[start : start + pool] for start in range(0, len(rows), pool))
        rows = np.concatenate(
            [part[np.argsort(self.predicted[part[:, 0]], kind="stable")] for part in pools]
        )
        missing = len(self) * self.batch_size - len(rows)
        rows = np.concatenate([rows, np.tile([-1, -1, 1], (missing, 1))])
        batches = rows.reshape(len(self), self.batch_size, 3)
        if self.seed is None:
            return batches
        return np.random.Generator(np.random.PCG64([self.seed, epoch, 1])).permutation(batches)

    def batch(self, rows):
        """As that of `Streams`, without the columns that are padding in every row."""
        inputs, labels, weights = super().batch(rows)
        names = rows[rows[:, 0] >= 0, 0]
        length = min(-(-int(self.predicted[names].max()) // MULTIPLE) * MULTIPLE, self.steps)
        inputs = {**inputs, "tokens": inputs["tokens"][:, :length]}
        return inputs, labels[:, :length], weights[:, :length]

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        inputs, _, _ = super().signature()
        shape = (self.batch_size, None)
        return (
            {**inputs, "tokens": tf.TensorSpec(shape, tf.int32)},
            tf.TensorSpec(shape, tf.int32),
            tf.TensorSpec(shape, tf.float32),
        )
