"""idx files, in which MNIST and its kin come: arrays of bytes behind a short header."""

import math
import pathlib
import struct

import numpy as np

from recipes.common.data import files
from recipes.common.errors import UserError

UNSIGNED_BYTE = 8
IMAGES, LABELS = "idx3-ubyte", "idx1-ubyte"


def read(path, dimensions):
    """The array of an idx file, gzipped or not.

    Args:
        path: The file.
        dimensions: How many it must have: 3 for pictures, 1 for labels.

    Returns:
        A uint8 array.

    Raises:
        UserError: If the file is missing, damaged, of another kind, or longer or shorter than its
            header says.
    """
    content = files.read_bytes(path)
    kind = {3: "pictures", 1: "labels"}.get(dimensions, f"{dimensions} dimensions")
    expected = struct.pack(">HBB", 0, UNSIGNED_BYTE, dimensions)
    header = 4 + 4 * dimensions
    if content[:4] != expected:
        raise UserError(
            f"The file {path} is no idx file of {kind}: it begins with the magic number "
            f"0x{content[:4].hex() or '(nothing)'} instead of 0x{expected.hex()}."
        )
    if len(content) < header:
        raise UserError(f"The file {path} is cut off within its header of {header} bytes.")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    wanted = math.prod(shape)
    if len(content) - header != wanted:
        raise UserError(
            f"The file {path} has {len(content) - header:,} bytes of data, but its header says "
            f"{' x '.join(f'{size:,}' for size in shape)} = {wanted:,}; it was cut off or damaged. "
            "Copy it anew."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def pairs(folder):
    """The files of pictures and labels in a folder, by the part that their names begin with.

    Returns:
        A dict from a name, as `"train"` or `"t10k"`, to `(pictures, labels)`, paths.

    Raises:
        UserError: If pictures have no labels beside them.
    """
    found = {}
    for path in sorted(pathlib.Path(folder).iterdir()):
        name = path.name.replace(".idx", "-idx")
        if IMAGES not in name or "images" not in name:
            continue
        labels = [
            path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1") + end)
            for end in ("", ".gz")
        ]
        labels.append(labels[0].with_name(labels[0].name.removesuffix(".gz")))
        beside = next((other for other in labels if other.is_file()), None)
        if beside is None:
            raise UserError(f"Beside the pictures of {path} there are no labels {labels[0].name}.")
        found[name.partition("-")[0]] = path, beside
    return found
