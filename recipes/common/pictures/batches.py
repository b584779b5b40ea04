"""Batches of pictures with labels, in an order that seed and epoch fix."""

import numpy as np

from recipes.common.data.batching import Epochs, fill

ROWS = 500  # of a batch of `padded` at most
PIXELS = 1_000_000


class PictureBatches(Epochs):
    """The batches of `labelled.Labelled` pictures.

    Every batch has `batch_size` rows; those that fill up the last one repeat a picture, with
    weight 0.

    Args:
        part: The pictures and their labels.
        batch_size: Rows a batch.
        seed: Seed of the order, which is another one in each epoch, and of `augment`; None keeps
            the order of the part.
        augment: Changes pictures for the training: a function of `(B, H, W, C)` uint8 and a NumPy
            generator of random numbers, which gives pictures again; None for none.
    """

    def __init__(self, part, batch_size, seed=None, augment=None):
        self.part, self.batch_size = part, batch_size
        self.seed, self.augment = seed, augment

    def __len__(self):
        return -(-len(self.part) // self.batch_size)

    def order(self, epoch=0):
        """Epoch, number and index array of each batch; the first two seed `augment`."""
        indices = np.arange(len(self.part))
        if self.seed is not None:
            indices = np.random.Generator(np.random.PCG64([self.seed, epoch])).permutation(indices)
        batches = np.split(indices, range(self.batch_size, len(indices), self.batch_size))
        return [(epoch, step, chosen) for step, chosen in enumerate(batches)]

    def batch(self, indices):
        """`{"image": (B, H, W, C) float32 from 0 to 255}, labels (B,) int32, weights (B,)`."""
        epoch, step, chosen = indices
        filled, weights = fill(chosen, self.batch_size)
        images = self.part.images[filled]
        if self.augment is not None:
            generator = np.random.Generator(np.random.PCG64([self.seed or 0, epoch, step]))
            images = self.augment(images, generator)
        return {"image": images.astype(np.float32)}, self.part.labels[filled], weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        rows = self.batch_size
        return (
            {"image": tf.TensorSpec((rows, *self.part.image_shape), tf.float32)},
            tf.TensorSpec((rows,), tf.int32),
            tf.TensorSpec((rows,), tf.float32),
        )


def padded(images):
    """Batches of pictures for a network that is run alone, all of one size.

    Of few pictures the only batch is as small as they are. No batch has more than `PIXELS` pixels,
    as a convolution keeps many numbers for each.

    Args:
        images: `(N, H, W, C)`.

    Yields:
        `(B, H, W, C)` float32; the last one ends with zeros.
    """
    height, width = images.shape[1:3]
    rows = max(1, min(ROWS, PIXELS // (height * width)))
    for start in range(0, len(images), rows):
        batch = images[start : start + rows].astype(np.float32)
        more = rows - len(batch) if len(batch) > rows // 4 else 0
        yield np.pad(batch, [(0, more), (0, 0), (0, 0), (0, 0)])
