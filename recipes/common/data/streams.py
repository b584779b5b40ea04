"""Documents as parallel streams of chunks, as truncated backpropagation through time reads them."""

import numpy as np

from recipes.common.data.batching import Epochs


class Streams(Epochs):
    """Chunks of documents, `batch_size` streams side by side, each going on where it was.

    All documents, one after the other, are cut into chunks of `steps` tokens, and the chunks into
    `batch_size` equal parts, the streams. A document begins with a chunk, where its stream is
    marked as fresh, and what its last chunk lacks is padding of weight 0. So is a stream that
    begins within a document.

    With `back` above `steps`, a batch has `back` tokens: those before the chunk too, which have
    weight 0, so that gradients reach `back` steps while the states move on by `steps`.

    Args:
        ids: `(N,)`, all tokens of all documents in one array, which may lie on the disk.
        starts: `(documents + 1,)`, where each begins in it, and the end.
        batch_size: Number of streams.
        steps: Tokens of a chunk, `k1` of Williams & Peng (1990).
        back: Tokens that gradients pass through at most, their `k2`; `steps` if 0.
        begin_token: Id read before the first token of a document, or None.
        end_token: Id to be predicted after the last token of a document, or None.
        seed: Seed of the order of the documents, which is another one in each epoch; None keeps
            that of the array.
    """

    def __init__(
        self, ids, starts, batch_size, steps, back=0, begin_token=None, end_token=None, seed=None
    ):
        self.ids, self.starts = ids, np.asarray(starts, np.int64)
        self.batch_size, self.steps, self.back = batch_size, steps, back or steps
        self.begin_token, self.end_token, self.seed = begin_token, end_token, seed
        # A token is predicted from the one before it: one less without a begin token.
        extra = (begin_token is not None) + (end_token is not None) - 1
        self.predicted = np.maximum(np.diff(self.starts) + extra, 0)
        self.chunks = -(-self.predicted // steps)

    def __len__(self):
        return -(-int(self.chunks.sum()) // self.batch_size)

    @property
    def count(self):
        """Number of tokens that are predicted."""
        return int(self.predicted.sum())

    def order(self, epoch=0):
        """The chunks of each batch: the document of each row and the number of its chunk.

        Returns:
            `(batches, B, 3)` int64: document, chunk and whether it is fresh; -1 for no document.
        """
        documents = np.arange(len(self.chunks))
        if self.seed is not None and len(documents) > 1:
            documents = np.random.Generator(np.random.PCG64([self.seed, epoch])).permutation(
                documents
            )
        counts = self.chunks[documents]
        total = int(counts.sum())
        numbers = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.stack([np.repeat(documents, counts), numbers, numbers == 0], 1)
        missing = len(self) * self.batch_size - total
        rows = np.concatenate([rows, np.full((missing, 3), -1)]).reshape(
            self.batch_size, len(self), 3
        )
        rows[:, 0, 2] = 1
        return rows.transpose(1, 0, 2)

    def batch(self, rows):
        """`{"tokens": (B, back), "fresh": (B,)}, labels (B, back), weights (B, back) float32`."""
        before = self.back - self.steps
        tokens = np.zeros((self.batch_size, self.back), np.int32)
        labels, weights = tokens.copy(), tokens.astype(np.float32)
        for row, (document, chunk, _) in enumerate(rows):
            if document < 0:
                continue
            first = chunk * self.steps
            start = max(0, first - before)
            end = min(first + self.steps, int(self.predicted[document]))
            text = self._text(document, start, end + 1)
            place = before - (first - start)
            tokens[row, place : place + len(text) - 1] = text[:-1]
            labels[row, place : place + len(text) - 1] = text[1:]
            weights[row, before : before + end - first] = 1
        fresh = rows[:, 2] != 0
        return {"tokens": tokens, "fresh": fresh}, labels, weights

    def _text(self, document, start, end):
        """Tokens from `start` to `end` of a document, its begin and end tokens included."""
        begin, stop = self.starts[document : document + 2]
        ahead = self.begin_token is not None
        low, high = begin + max(0, start - ahead), min(stop, begin + end - ahead)
        text = np.asarray(self.ids[low:high], np.int32)
        if ahead and start == 0:
            text = np.concatenate([[self.begin_token], text])
        if self.end_token is not None and begin + end - ahead > stop:
            text = np.concatenate([text, [self.end_token]])
        return text

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        shape = (self.batch_size, self.back)
        return (
            {
                "tokens": tf.TensorSpec(shape, tf.int32),
                "fresh": tf.TensorSpec((self.batch_size,), tf.bool),
            },
            tf.TensorSpec(shape, tf.int32),
            tf.TensorSpec(shape, tf.float32),
        )
