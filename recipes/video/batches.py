"""Batches of clips, moved, lit and mirrored at random in the training."""

import numpy as np
import tensorflow as tf

from recipes.common.data import batching
from recipes.common.pictures import augment


class ClipBatches(batching.Epochs):
    """The batches of labelled clips.

    Rows that fill up a batch repeat its first clip with weight 0.

    Args:
        part: The `features.Part`. Where it has mirrored clips, half the rows of a batch, chosen at
            random, take theirs from there.
        batch_size: Rows a batch.
        inputs: Names of the model's inputs: of the arrays, and `"lengths"` if it has that one.
        seed: Seed of order and augmentation, or None for the order of the clips.
        augment_share: Share of their size by which clips are moved, 0 for none.
    """

    def __init__(self, part, batch_size, inputs, seed=None, augment_share=0.0):
        self.part, self.batch_size, self.inputs = part, batch_size, list(inputs)
        self.seed, self.augment_share = seed, augment_share

    def __len__(self):
        return -(-len(self.part) // self.batch_size)

    def order(self, epoch=0):
        """The index arrays of an epoch's batches, counted on from epoch to epoch."""
        indices = np.arange(len(self.part))
        if self.seed is not None:
            indices = np.random.Generator(np.random.PCG64([self.seed, epoch])).permutation(indices)
        indices += epoch * len(self.part)
        return [indices[i : i + self.batch_size] for i in range(0, len(indices), self.batch_size)]

    def batch(self, indices):
        """`{name: (B, T, …), "lengths": (B,)}, labels, weights`; of frame labels `(B, T)` each.

        Weights of frames are 1 on real ones, so that a step's loss is their sum over `B * T`.
        """
        part, epoch = self.part, int(indices[0] // len(self.part))
        chosen, weights = batching.fill(indices % len(part), self.batch_size)
        arrays = part.arrays[part.numbers[chosen]]
        if self.seed is not None:
            arrays = self._augmented(arrays, chosen, epoch)
        arrays = arrays if arrays.dtype == np.uint8 else arrays.astype(np.float32)
        given = {name: arrays for name in self.inputs if name != "lengths"}
        if "lengths" in self.inputs:
            given["lengths"] = part.lengths[chosen]
        if part.labels.ndim > 1:
            weights = weights[:, None] * part.real[chosen].astype(np.float32)
        return given, part.labels[chosen], weights

    def _augmented(self, arrays, chosen, epoch):
        part = self.part
        seeds = [self.seed, epoch, int(chosen[0]), 1]
        generator = np.random.Generator(np.random.PCG64(seeds))
        if part.mirrored is not None:
            flipped = generator.random(len(arrays)) < 0.5
            arrays = arrays.copy()
            arrays[flipped] = part.mirrored[part.numbers[chosen[flipped]]]
        if arrays.dtype == np.uint8 and self.augment_share:
            rows, steps, height, width, depth = arrays.shape
            # All frames of a clip as channels of one picture move alike.
            picture = np.moveaxis(arrays, 1, 3).reshape(rows, height, width, steps * depth)
            picture = augment.shift_and_light(picture, generator, self.augment_share)
            picture = picture.reshape(rows, height, width, steps, depth)
            arrays = np.ascontiguousarray(np.moveaxis(picture, 3, 1))
        return arrays

    def signature(self):
        """The `tf.TensorSpec`s of a batch."""
        part, rows = self.part, self.batch_size
        dtype = tf.uint8 if part.arrays.dtype == np.uint8 else tf.float32
        given = {
            name: tf.TensorSpec((rows, *part.arrays.shape[1:]), dtype)
            for name in self.inputs
            if name != "lengths"
        }
        if "lengths" in self.inputs:
            given["lengths"] = tf.TensorSpec((rows,), tf.int32)
        shape = (rows, *part.labels.shape[1:])
        return given, tf.TensorSpec(shape, tf.int32), tf.TensorSpec(shape, tf.float32)
