"""The drawing recipe for the contract of recipes: tiny pictures, settings, inputs, odd input."""

import gzip
import pathlib
import struct

import numpy as np
from PIL import Image

OPTIONS = (
    "--steps 3 --units 12 --latent-dim 5 --read-size 3 --write-size 3 --epochs 2 --batch-size 32 "
    "--samples 3 --weighted 20 --checkpoint-every 2"
).split()
RECURRENT = False  # its loop is no recurrent layer, so neither cuDNN nor a view of gradients
SIDE = 8


def data(folder):
    """Write idx files of 240 pictures of two labels, a bar upright or lying, and bad ones."""
    rng = np.random.default_rng(0)
    images = np.zeros((240, SIDE, SIDE), np.uint8)
    for number, place in enumerate(rng.integers(1, SIDE - 1, 240)):
        shown = images[number] if number % 2 else images[number].T
        shown[place] = rng.integers(150, 256, SIDE)
    labels = np.arange(240, dtype=np.uint8) % 2
    (folder / "bars").mkdir()
    _write_idx(folder / "bars" / "train-images-idx3-ubyte.gz", images)
    _write_idx(folder / "bars" / "train-labels-idx1-ubyte.gz", labels)
    _write_idx(folder / "three-images-idx3-ubyte.gz", images[:3])
    _write_idx(folder / "large-images-idx3-ubyte.gz", np.zeros((2, 9, 9), np.uint8))
    for number in (0, 1):
        Image.fromarray(images[number]).save(folder / f"bar_{number}.png")
    (folder / "text.png").write_text("no picture")
    (folder / "cut").mkdir()
    whole = gzip.decompress((folder / "bars" / "train-images-idx3-ubyte.gz").read_bytes())
    (folder / "cut" / "train-images-idx3-ubyte").write_bytes(whole[:1000])
    _write_idx(folder / "cut" / "train-labels-idx1-ubyte.gz", labels)


def _write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), mtime=0))


def options(folder):
    """The pictures."""
    return ["--data", str(folder / "bars")]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / f"bar_{number}.png") for number in (0, 1)]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "cut")], "train-images-idx3-ubyte"),
        (["--data", str(pathlib.Path(folder, "none") / "x")], "There is no file"),
        (["--steps", "0"], "--steps must be at least 1"),
        (["--write-size", "0"], "--write-size must be at least 1"),
        (["--precision", "mixed_float16"], "use mixed_bfloat16"),
        (["--limit", "-1"], "--limit must be at least 0"),
    ]
