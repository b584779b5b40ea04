"""The glimpses recipe for the contract of recipes: tiny pictures, settings, inputs, odd input."""

import gzip

import numpy as np
from PIL import Image

from recipes.common.pictures.labelled import Labelled

OPTIONS = (
    "--units 12 --glimpse-dim 8 --filters 3 --glimpses 1 --glimpse-size 4 --epochs 2 "
    "--batch-size 32 --checkpoint-every 3"
).split()
SIDE = 12


def strokes(count=200, seed=0):
    """Pictures of a stroke that stands or lies, with noise."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 40, (count, SIDE, SIDE, 1)).astype(np.uint8)
    labels = generator.integers(0, 2, count).astype(np.int32)
    for image, label in zip(images, labels, strict=True):
        place = generator.integers(3, SIDE - 3)
        if label:
            image[2:-2, place] = 255
        else:
            image[place, 2:-2] = 255
    return Labelled(images, labels)


def data(folder):
    """Write 200 strokes as idx files, and two as pictures."""
    part = strokes()
    for name, array in (("images-idx3", part.images[..., 0]), ("labels-idx1", part.labels)):
        array = array.astype(np.uint8)
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        with gzip.open(folder / f"train-{name}-ubyte.gz", "wb") as file:
            file.write(header + array.tobytes())
    for number in range(2):
        Image.fromarray(part.images[number, ..., 0]).save(folder / f"{number}.png")
    (folder / "none.png").write_text("no picture")


def options(folder):
    """Two strokes on a canvas, read as a sequence, with several paths a picture."""
    return ["--data", str(folder), "--task", "pairs", "--canvas", "26", "--samples", "2"]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / f"{number}.png") for number in range(2)]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "none.png")], "is no idx file of pictures"),
        (["--data", str(folder), "--task", "pairs", "--canvas", "20"], "it takes 24 at least"),
        (["--data", str(folder), "--task", "cluttered", "--canvas", "8"], "is too small for"),
        (["--location-std", "-1"], "--location-std must be a number of at least 0"),
        (["--samples", "0"], "--samples must be at least 1"),
    ]
