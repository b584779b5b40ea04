"""idx files, in which MNIST and its kin come: arrays of bytes behind a short header."""

import math
import pathlib
import re
import struct

import numpy as np

from recipes.common.data import files
from recipes.common.errors import UserError

UNSIGNED_BYTE = 8
IMAGES = "idx3-ubyte"


def read(path, dimensions):
    """The array of an idx file, gzipped or not.

    Args:
        path: The file.
        dimensions: How many it must have: 3 for pictures, 1 for labels.

    Returns:
        A uint8 array.

    Raises:
        UserError: If the file is missing, damaged, of another kind, longer or shorter than its
            header says, or without anything in it.
    """
    content = files.read_bytes(path)
    if not content:
        raise UserError(f"The file {path} is empty.")
    kind = {3: "pictures", 1: "labels"}.get(dimensions, f"{dimensions} dimensions")
    expected = struct.pack(">HBB", 0, UNSIGNED_BYTE, dimensions)
    header = 4 + 4 * dimensions
    if content[:4] != expected:
        raise UserError(
            f"The file {path} is no idx file of {kind}: it begins with the magic number "
            f"0x{content[:4].hex()} instead of 0x{expected.hex()}."
        )
    if len(content) < header:
        raise UserError(f"The file {path} is cut off within its header of {header} bytes.")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    wanted, sizes = math.prod(shape), " x ".join(f"{size:,}" for size in shape)
    if len(content) - header != wanted:
        raise UserError(
            f"The file {path} has {len(content) - header:,} bytes of data, but its header says "
            f"{sizes} = {wanted:,}; it was cut off or damaged. Copy it anew."
        )
    if not wanted:
        raise UserError(f"The file {path} has no {kind}: its header says {sizes}.")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def pairs(folder):
    """The files of pictures and labels in a folder, by the part that their names say.

    It is the word before `images`: `train-images-idx3-ubyte`, `emnist-letters-test-images-…`.

    Returns:
        A dict from a name, as `"train"` or `"t10k"`, to `(pictures, labels)`, paths.

    Raises:
        UserError: If pictures have no labels beside them, or two files are of one part.
    """
    found = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        if path.is_dir() or not is_of_pictures(path):
            continue
        part = re.split(r"[-_.]", path.name.partition("images")[0].strip("-_."))[-1]
        other, _ = found.get(part, (path, None))
        if _plain(other) != _plain(path):
            raise UserError(
                f"{other} and {path.name} are both of the part {part!r}; leave one in a folder, or "
                "name the files themselves."
            )
        found[part] = path, labels_beside(path)
    return found


def is_of_pictures(path):
    """True if a file is called as idx files of pictures are."""
    return IMAGES in _plain(path) and "images" in path.name


def labels_beside(path):
    """The file of the labels of a file of pictures.

    Raises:
        UserError: If there is none beside it.
    """
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    named = (labels.name, f"{labels.name}.gz", labels.name.removesuffix(".gz"))
    beside = [path.with_name(name) for name in named if path.with_name(name).is_file()]
    if not beside:
        raise UserError(f"Beside the pictures of {path} there are no labels {labels.name}.")
    return beside[0]


def _plain(path):
    """The name of a file whether it is gzipped or not, with either sign before `idx`."""
    return path.name.replace(".idx", "-idx").removesuffix(".gz")
