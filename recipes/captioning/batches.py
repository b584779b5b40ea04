"""Batches of pictures with captions, chosen anew in every epoch."""

import numpy as np
import tensorflow as tf

from recipes.common.data import batching
from recipes.common.text.tokenizer import BEGIN, END


class CaptionBatches(batching.Epochs):
    """The batches of captioned pictures.

    An example is a picture with all its captions. An epoch uses `captions_per_picture` of them,
    chosen by seed and epoch, `captions_per_row` in a row of a batch, so that a network for images
    runs once for several captions; rows of like length are batched together. Rows that fill up a
    batch repeat its first picture, with empty targets and weight 0.

    Args:
        part: The `features.Part`. Where it has mirrored pictures, half the rows of a batch, chosen
            at random, take theirs from there.
        encoded: For each picture the ids of its captions, lists without begin and end.
        batch_size: Rows a batch.
        boundaries: Increasing padded lengths; longer captions are cut.
        captions_per_picture: Captions of a picture in an epoch, a multiple of `captions_per_row`.
        captions_per_row: Captions of a picture in a row.
        seed: Seed of captions, order and augmentation, or None for the first captions, by length.
        augment: Function `(images (B, …), generator)` that gives augmented images, or None.
    """

    def __init__(
        self,
        part,
        encoded,
        batch_size,
        boundaries,
        captions_per_picture=1,
        captions_per_row=1,
        seed=None,
        augment=None,
    ):
        self.part = part
        longest = boundaries[-1] - 1
        flat = [[*ids[:longest], END] for captions in encoded for ids in captions]
        self.ids, self.starts = batching.join(flat)
        self.first = np.cumsum([0, *map(len, encoded)])  # (N + 1,), of each picture's captions
        self.owner = np.repeat(np.arange(len(encoded)), np.diff(self.first))
        self.batch_size, self.boundaries = batch_size, np.asarray(boundaries)
        self.captions_per_picture, self.captions_per_row = captions_per_picture, captions_per_row
        self.seed, self.augment = seed, augment

    def __len__(self):
        rows = len(self.part) * self.captions_per_picture // self.captions_per_row
        return -(-rows // self.batch_size)

    def order(self, epoch=0):
        """The index arrays of an epoch's batches, `(rows, captions_per_row)`.

        They hold numbers of captions, counted on from epoch to epoch.
        """
        counts = np.diff(self.first)[:, None]
        wanted = self.captions_per_picture
        if self.seed is None:
            chosen = np.arange(wanted) % counts  # (N, wanted), each from 0 for its picture
        else:
            generator = np.random.Generator(np.random.PCG64([self.seed, epoch, 1]))
            ranks = generator.random((len(counts), max(counts.max(), wanted)))
            ranks[np.arange(ranks.shape[1]) >= counts] = 2  # beyond the captions of the picture
            chosen = np.argsort(ranks, 1)[:, :wanted]
            # Of a picture with too few captions some come again.
            chosen = np.where(chosen < counts, chosen, chosen % counts)
        captions = (self.first[:-1, None] + chosen).reshape(-1, self.captions_per_row)
        lengths = np.diff(self.starts)[captions].max(1)
        batches = batching.order(lengths, self.batch_size, self.seed, epoch)
        return [captions[batch] + epoch * len(self.owner) for batch in batches]

    def batch(self, indices):
        """Pictures and captions for teacher forcing.

        Returns:
            `{"image": (B, …), "target": (B, n, T) int32}, labels (B, n, T) int32, weights
            (B, n, T) float32`: the `n` captions of each picture; targets begin with `BEGIN`,
            labels are the targets one token on and end with `END`; weights are 1 on labels and 0 on
            all else.
        """
        epoch, captions = int(indices[0, 0] // len(self.owner)), indices % len(self.owner)
        captions, real = batching.fill(captions, self.batch_size)
        images = self._images(epoch, captions[:, 0])
        flat, real = captions.ravel(), real.repeat(self.captions_per_row)
        lengths = np.diff(self.starts)[flat]
        length = self.boundaries[np.searchsorted(self.boundaries, lengths.max())]
        labels = batching.pad(self.ids, self.starts, flat, length)
        inside = (np.arange(length) < lengths[:, None]) & (real[:, None] > 0)  # (B * n, T)
        target = np.zeros_like(labels)
        target[:, 0] = BEGIN * (real > 0)
        target[:, 1:] = np.where(inside[:, 1:], labels[:, :-1], 0)
        target, labels, weights = (
            array.reshape(self.batch_size, self.captions_per_row, length)
            for array in (target, labels, inside.astype(np.float32))
        )
        return {"image": images, "target": target}, labels, weights

    def _images(self, epoch, captions):
        """The pictures of `(B,)` captions, mirrored and augmented: uint8 pixels or float32."""
        numbers = self.part.numbers[self.owner[captions]]
        images = self.part.arrays[numbers]
        if self.part.mirrored is not None:
            mirrored = self._generator(epoch, captions, 3).random(len(images)) < 0.5
            images[mirrored] = self.part.mirrored[numbers[mirrored]]
        if self.augment is not None:
            images = self.augment(images, self._generator(epoch, captions, 2))
        return images if images.dtype == np.uint8 else images.astype(np.float32)

    def _generator(self, epoch, captions, purpose):
        seeds = [self.seed, epoch, int(captions[0]), purpose]
        return np.random.Generator(np.random.PCG64(seeds))

    def signature(self):
        """The `tf.TensorSpec`s of a batch."""
        ids = tf.TensorSpec((self.batch_size, self.captions_per_row, None), tf.int32)
        weights = tf.TensorSpec((self.batch_size, self.captions_per_row, None), tf.float32)
        return {"image": self.part.spec(self.batch_size), "target": ids}, ids, weights
