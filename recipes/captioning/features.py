"""Captioned pictures with the arrays that the network reads: pixels or features."""

import dataclasses

import numpy as np

from recipes.captioning import sources
from recipes.captioning.config import SMALL
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.pictures import cache, encoders


@dataclasses.dataclass(frozen=True)
class Part:
    """Captioned pictures, and where what the model reads of them lies.

    arrays: `(N, …)` on the disk, pixels or features.
    numbers: `(len(captioned),)` which of its rows each picture has.
    mirrored: Like `arrays`, of the same pictures as in a mirror, or None.
    """

    sources: sources.Captioned
    arrays: np.ndarray
    numbers: np.ndarray
    mirrored: np.ndarray | None = None

    @property
    def references(self):
        """The captions of each picture."""
        return self.captioned.captions

    def __len__(self):
        return len(self.numbers)

    def evenly(self, count):
        """So many of the pictures at most, evenly spread."""
        if len(self) <= count:
            return self
        chosen = [i * len(self) // count for i in range(count)]
        return Part(self.captioned.take(chosen), self.arrays, self.numbers[chosen])


def prepared(parts, config, recipe, total=None):
    """The arrays of parts, made or found on the disk, without the pictures that cannot be used.

    Args:
        parts: A dict of `captioned.Captioned` by name.
        config: Settings of the run.
        recipe: What is done to pictures, a `picture_cache.Recipe`.
        total: Number of all pictures of the data, if these are not all of its parts.

    Returns:
        A dict of `Part` by name.

    Raises:
        UserError: If too many pictures of all parts together cannot be used, or all of one.
    """
    what = "pixels" if recipe.make is None else "features"
    kept = {
        name: cache.array_of(part.pictures, part.digests, recipe, config.cache, f"{what} of {name}")
        for name, part in parts.items()
    }
    bad = [(parts[name].places[i], why) for name in parts for i, why in kept[name].bad]
    total = total or sum(map(len, parts.values()))
    files.report("the data", bad, total, config.bad_share, "picture")
    found = {}
    for name, part in parts.items():
        refused = {i for i, _ in kept[name].bad}
        numbers = [i for i in range(len(part)) if i not in refused]
        if not numbers:
            raise UserError(f"None of the {len(part):,} pictures of {name} can be used.")
        mirrored = None
        if config.mirror and name == "train":
            mirrored = cache.array_of(
                part.pictures, part.digests, cache.mirrored(recipe), config.cache,
                f"{what} of {name}, mirrored",
            ).arrays  # fmt: skip
        rest = part.take(numbers) if refused else part
        found[name] = Part(rest, kept[name].arrays, np.array(numbers, np.int64), mirrored)
    return found


def preparation(config):
    """What a training does to pictures before it begins, a `picture_cache.Recipe`.

    Raises:
        UserError: If the network for images or its weights cannot be had, trained along or not.
    """
    if not config.end_to_end:
        return encoders.frozen_network(config.cnn, config.cnn_weights, config.size, config.seed)
    if config.cnn != SMALL:
        encoders.check_encoder(config.cnn, config.cnn_weights, config.size)
    return cache.pixels(config.size)
