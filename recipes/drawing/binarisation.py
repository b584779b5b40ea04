"""Pictures of black and white pixels made of grey ones."""

import dataclasses

import numpy as np

from recipes.common.data.splits import PARTS

WHITE = 255
ROWS = 1_000  # pictures at a time, whose random numbers are held


def drawn(images, generator):
    """Pixels white with a probability as high as they are bright."""
    return np.where(generator.random(images.shape, np.float32) * WHITE < images, WHITE, 0).astype(
        np.uint8
    )


def at_half(images):
    """Pixels white from half of the brightness on."""
    return np.where(images > WHITE // 2, WHITE, 0).astype(np.uint8)


def once(part, how, name):
    """A part of the data with its pictures made black and white, always the same.

    Args:
        part: A `labelled.Labelled`.
        how: `"threshold"`, or anything else for drawn ones.
        name: Name of the part, on which the drawn ones depend.
    """
    if how == "threshold":
        return dataclasses.replace(part, images=at_half(part.images))
    generator = np.random.Generator(np.random.PCG64(PARTS.index(name)))
    images = [
        drawn(part.images[start : start + ROWS], generator)
        for start in range(0, len(part.images), ROWS)
    ]
    return dataclasses.replace(part, images=np.concatenate(images))
