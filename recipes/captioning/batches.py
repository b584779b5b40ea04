"""Batches of pictures with captions drawn anew in every epoch."""

import numpy as np

from recipes.common.data import batching
from recipes.common.text.tokenizer import BEGIN, END


class CaptionBatches(batching.Epochs):
    """The batches of a set of captioned pictures.

    An example is a picture with all its captions. An epoch uses `draws` of them, drawn from seed
    and epoch, `together` in a row of a batch, so that a network for images runs once for several
    captions; rows of like length go together. Rows that fill up a batch repeat its first picture,
    with empty targets and weight 0.

    Args:
        arrays: `(N, …)`, pixels or features, in memory or on the disk.
        numbers: Which row of `arrays` each picture has.
        encoded: For each picture the ids of its captions, lists without begin and end.
        batch_size: Rows a batch.
        boundaries: Increasing padded lengths; longer captions are cut.
        draws: Captions of a picture in an epoch, a multiple of `together`.
        together: Captions of a picture in a row.
        seed: Seed of draws, order and changes, or None for the first captions, by length.
        change: Function `(images (B, …), generator)` that gives changed images, or None.
        mirrored: Like `arrays`, of pictures as in a mirror; every other row takes its own from
            there, drawn too. Or None.
    """

    def __init__(
        self,
        arrays,
        numbers,
        encoded,
        batch_size,
        boundaries,
        draws=1,
        together=1,
        seed=None,
        change=None,
        mirrored=None,
    ):
        self.arrays, self.numbers = arrays, np.asarray(numbers)
        longest = boundaries[-1] - 1
        flat = [[*ids[:longest], END] for captions in encoded for ids in captions]
        self.ids, self.starts = batching.join(flat)
        self.first = np.cumsum([0, *map(len, encoded)])  # (N + 1,), of each picture's captions
        self.owner = np.repeat(np.arange(len(encoded)), np.diff(self.first))
        self.batch_size, self.boundaries = batch_size, np.asarray(boundaries)
        self.draws, self.together, self.seed, self.change = draws, together, seed, change
        self.mirrored = mirrored

    def __len__(self):
        return -(-len(self.numbers) * self.draws // (self.together * self.batch_size))

    def order(self, epoch=0):
        """The index arrays of an epoch's batches, `(rows, together)`.

        They hold numbers of captions, all epochs counted on.
        """
        counts = np.diff(self.first)
        if self.seed is None:
            places = np.arange(self.draws) % counts[:, None]  # (N, draws)
        else:
            generator = np.random.Generator(np.random.PCG64([self.seed, epoch, 1]))
            ranks = generator.random((len(counts), max(counts.max(), self.draws)))
            ranks[np.arange(ranks.shape[1]) >= counts[:, None]] = 2  # not there
            places = np.argsort(ranks, 1)[:, : self.draws]
            # Of a picture with fewer captions than draws some come again.
            places = np.where(places < counts[:, None], places, places % counts[:, None])
        chosen = (self.first[:-1, None] + places).reshape(-1, self.together)
        lengths = np.diff(self.starts)[chosen].max(1)
        batches = batching.order(lengths, self.batch_size, self.seed, epoch)
        return [chosen[batch] + epoch * len(self.owner) for batch in batches]

    def batch(self, indices):
        """Pictures and captions for teacher forcing.

        Returns:
            `{"image": (B, …), "target": (B, n, T) int32}, labels (B, n, T) int32, weights
            (B, n, T) float32`: the `n` captions of each picture; targets begin with `BEGIN`,
            labels are the targets one token on and end with `END`; weights are 1 on labels and 0 on
            all else.
        """
        epoch, captions = indices[0, 0] // len(self.owner), indices % len(self.owner)
        captions, real = batching.fill(captions, self.batch_size)
        numbers = self.numbers[self.owner[captions[:, 0]]]
        images = self.arrays[numbers]
        if self.mirrored is not None:
            seeds = [self.seed, int(epoch), int(captions[0, 0]), 3]
            chosen = np.random.Generator(np.random.PCG64(seeds)).random(len(images)) < 0.5
            images[chosen] = self.mirrored[numbers[chosen]]
        filled, real = captions.ravel(), real.repeat(self.together)
        lengths = np.diff(self.starts)[filled]
        length = self.boundaries[np.searchsorted(self.boundaries, lengths.max())]
        labels = batching.pad(self.ids, self.starts, filled, length)
        inside = (np.arange(length) < lengths[:, None]) & (real[:, None] > 0)  # (B, T)
        target = np.zeros_like(labels)
        target[:, 0] = BEGIN * (real > 0)
        target[:, 1:] = np.where(inside[:, 1:], labels[:, :-1], 0)
        if self.change is not None:
            seeds = [self.seed, int(epoch), int(filled[0]), 2]
            images = self.change(images, np.random.Generator(np.random.PCG64(seeds)))
        images = images if images.dtype == np.uint8 else images.astype(np.float32)
        target, labels, weights = (
            array.reshape(self.batch_size, self.together, length)
            for array in (target, labels, inside.astype(np.float32))
        )
        return {"image": images, "target": target}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        dtype = tf.uint8 if self.arrays.dtype == np.uint8 else tf.float32
        ids = tf.TensorSpec((self.batch_size, self.together, None), tf.int32)
        image = tf.TensorSpec((self.batch_size, *self.arrays.shape[1:]), dtype)
        weights = tf.TensorSpec((self.batch_size, self.together, None), tf.float32)
        return {"image": image, "target": ids}, ids, weights
