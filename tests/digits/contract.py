"""The digits recipe for the contract of recipes: tiny pictures, settings, inputs, odd input."""

import gzip
import struct

import numpy as np
from PIL import Image

OPTIONS = (
    "--network rnn --units 8 --no-compare --epochs 2 --batch-size 16 --checkpoint-every 3"
).split()


def idx(array):
    """The bytes of an idx file."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def pictures(count):
    """Pictures of three labels, learnable in seconds, and their labels."""
    generator = np.random.default_rng(0)
    labels = np.arange(count) % 3
    images = generator.integers(0, 40, (count, 8, 10))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 3] += 200
    return images, labels


def write(folder, images, labels, part="train", end=""):
    """Idx files of pictures and labels."""
    folder.mkdir(exist_ok=True)
    for name, array in (("images-idx3-ubyte", images), ("labels-idx1-ubyte", labels)):
        content = idx(np.asarray(array))
        content = gzip.compress(content) if end else content
        (folder / f"{part}-{name}{end}").write_bytes(content)


def data(folder):
    """Write idx files, damaged ones, and two files of pictures."""
    images, labels = pictures(150)
    write(folder / "idx", images, labels, end=".gz")
    write(folder / "unequal", images, labels[:-1])
    write(folder / "short", images, labels)
    path = folder / "short" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    write(folder / "magic", images, labels)
    path = folder / "magic" / "train-images-idx3-ubyte"
    path.write_bytes(b"\0\0\x0d\x03" + path.read_bytes()[4:])
    write(folder / "small", images[:, :4, :4], labels)
    write(folder / "one", images, np.zeros(150))
    (folder / "empty").mkdir()
    for label in range(2):
        Image.fromarray(images[label].astype(np.uint8)).save(folder / f"{label}.png")


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "idx")]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / f"{label}.png") for label in range(2)]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "unequal")], "do not belong together"),
        (["--data", str(folder / "short")], "but its header says 150 x 8 x 10 = 12,000"),
        (["--data", str(folder / "magic")], "the magic number 0x00000d03 instead of 0x00000803"),
        (["--data", str(folder / "one")], "has the single label '0'"),
        (["--data", str(folder / "empty")], "has neither idx files nor folders of pictures"),
        (["--data", str(folder / "0.png")], "is no idx file of pictures"),
        (["--data", f"{folder}/none/"], "There is no folder"),
        (["--data", ""], "--data is empty"),
        (["--data", str(folder / "small")], "--convolutions 16,32,64 halves 4 x 4 pixels"),
        (["--convolutions", ","], "--convolutions names no block"),
        (["--hidden", "12,x"], "--hidden takes whole numbers from 1 on"),
        (["--image-size", "4"], "--image-size must be at least 8"),
    ]
