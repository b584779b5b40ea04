"""Arrays that the network reads of captioned pictures: their pixels or their features."""

import dataclasses

import numpy as np
import tensorflow as tf

from recipes.captioning.config import SMALL
from recipes.captioning.sources import Captioned
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.pictures import cache, encoders


@dataclasses.dataclass(frozen=True)
class Part:
    """Captioned pictures with their arrays.

    rows: The pictures and captions; None if only the arrays are there.
    arrays: `(N, …)`, usually on the disk: pixels or features.
    numbers: `(len(rows),)` the row of `arrays` of each picture.
    mirrored: The same as `arrays` of the mirrored pictures, or None.
    """

    rows: Captioned | None
    arrays: np.ndarray
    numbers: np.ndarray
    mirrored: np.ndarray | None = None

    @property
    def references(self):
        """The captions of each picture."""
        return self.rows.captions

    def __len__(self):
        return len(self.numbers)

    def evenly(self, count):
        """At most so many of the pictures, evenly spread."""
        if len(self) <= count:
            return self
        chosen = [i * len(self) // count for i in range(count)]
        return Part(self.rows.take(chosen), self.arrays, self.numbers[chosen])

    def images(self, chosen):
        """The arrays of chosen pictures, `(B, …)` float32."""
        return np.asarray(self.arrays[self.numbers[chosen]], np.float32)

    def spec(self, batch_size):
        """The `tf.TensorSpec` of a batch of arrays: uint8 pixels or float32 features."""
        dtype = tf.uint8 if self.arrays.dtype == np.uint8 else tf.float32
        return tf.TensorSpec((batch_size, *self.arrays.shape[1:]), dtype)


def prepared(parts, config, preparation, total=None):
    """The arrays of parts, made or found on the disk, without the pictures that cannot be used.

    Args:
        parts: A dict of `Captioned` by name.
        config: `cache`, `bad_share` and `mirror` count.
        preparation: The `cache.Preparation`.
        total: Number of all pictures of the data, if these are not all of its parts.

    Returns:
        A dict of `Part` by name.

    Raises:
        UserError: If too many pictures of all parts together cannot be used, or all of one.
    """
    what = "pixels" if preparation.make is None else "features"

    def kept(name, preparation, what):
        part = parts[name]
        return cache.array_of(part.pictures, part.digests, preparation, config.cache, what)

    found = {name: kept(name, preparation, f"{what} of {name}") for name in parts}
    bad = [(parts[name].places[i], reason) for name in parts for i, reason in found[name].bad]
    total = total or sum(map(len, parts.values()))
    files.report("the data", bad, total, config.bad_share, "picture")
    usable = {}
    for name, part in parts.items():
        refused = {i for i, _ in found[name].bad}
        numbers = [i for i in range(len(part)) if i not in refused]
        if not numbers:
            raise UserError(f"None of the {len(part):,} pictures of {name} can be used.")
        mirrored = None
        if config.mirror and name == "train":
            what_mirrored = f"{what} of {name}, mirrored"
            mirrored = kept(name, cache.mirrored(preparation), what_mirrored).arrays
        rows = part.take(numbers) if refused else part
        usable[name] = Part(rows, found[name].arrays, np.array(numbers, np.int64), mirrored)
    return usable


def preparation(config):
    """The `cache.Preparation` of pictures for a training.

    Raises:
        UserError: If the network for images or its weights cannot be had, trained along or not.
    """
    if not config.end_to_end:
        return encoders.frozen_network(config.cnn, config.cnn_weights, config.size, config.seed)
    if config.cnn != SMALL:
        encoders.check_encoder(config.cnn, config.cnn_weights, config.size)
    return cache.pixels(config.size)
