"""Pictures or clips on the disk as one array: their pixels, or features of a frozen network.

Each is read and decoded once; the result is kept in a file that is named after the pictures'
contents and all that was done to them, so nothing old is ever taken for something new.
"""

import contextlib
import dataclasses
import hashlib
import json
import math
import os
import pathlib
from typing import Any

import numpy as np

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.pictures.decode import BadPicture, decode
from recipes.common.progress import track
from recipes.common.terminal import tell

BATCH = 32
NOTED = 32  # batches between two notes of progress, from where a killed process goes on


@dataclasses.dataclass(frozen=True)
class Preparation:
    """Steps from a picture to an array.

    size: `(H, W)` to which pictures are squeezed.
    shape: Shape of the array.
    dtype: Its type.
    facts: Anything else that decides the result, as text; part of the name of the file.
    make: Function from `(B, H, W, 3)` uint8 to `(B, *shape)`, or None for the pixels.
    mirror: Whether left and right are exchanged first.
    read: Function from a clip to `(frames, count)`, `(T, H, W, 3)` uint8 of which so many are real;
        None for pictures.
    frames: `T`, for clips.
    """

    size: tuple
    shape: tuple
    dtype: str
    facts: str
    make: Any = None
    mirror: bool = False
    read: Any = None
    frames: int = 0

    @property
    def raw(self):
        """Shape of what is read of a picture or a clip."""
        return (*((self.frames,) if self.read else ()), *self.size, 3)


@dataclasses.dataclass(frozen=True)
class Kept:
    """Arrays of the pictures that could be used.

    arrays: `(N, *shape)`, on the disk; rows of pictures that could not are zeros.
    bad: `(index, reason)` of those.
    counts: Number of real frames of each clip; 1 for pictures.
    """

    arrays: np.ndarray
    bad: list
    counts: list


def array_of(pictures, digests, preparation, directory, what):
    """The `Kept` of some pictures, from the disk or made now.

    The next process goes on where a killed one has stopped.

    Args:
        pictures: A list of `Picture`, or of the clips that `preparation.read` reads.
        digests: SHA-256 of each one's bytes.
        preparation: The `Preparation`.
        directory: Folder of the files.
        what: Name of the arrays for the progress bar, as "features of train".
    """
    path = _path(digests, preparation, storage.make(pathlib.Path(directory)))
    directory = path.parent
    notes = path.with_suffix(".json")
    if not (path.exists() and notes.exists()):
        with _alone(directory / f".{path.stem}.lock", f"the {what}"):
            if not (path.exists() and notes.exists()):  # another process may have made them
                _write(path, notes, pictures, preparation, what)
    noted = storage.read_json(notes, ("bad",))
    bad = [tuple(row) for row in noted["bad"]]
    counts = noted.get("counts", [1] * len(digests))
    return Kept(np.load(path, mmap_mode="r"), bad, counts)


def missing_bytes(digests, preparation, directory):
    """Bytes that `array_of` would still have to write for these pictures."""
    path = _path(digests, preparation, pathlib.Path(directory))
    if path.exists():
        return 0
    partial = path.with_suffix(".partial.npy")
    there = partial.stat().st_blocks * 512 if partial.exists() else 0  # the rest of it is a hole
    return max(0, len(digests) * bytes_of(preparation.shape, preparation.dtype) - there)


def ensure_space(directory, needed, what):
    """Refuse arrays for which the disk has too little room.

    Args:
        directory: Folder of the files.
        needed: Bytes.
        what: Plural of what they are of, with its number, as "6,000 pictures".
    """
    storage.ensure_space(
        directory,
        needed,
        f"Arrays of {what}",
        f"free some, name another folder with --cache, or take fewer {what.split()[-1]} with "
        "--limit.",
    )


def bytes_of(shape, dtype):
    """Bytes of the array of a picture."""
    return math.prod(shape) * np.dtype(dtype).itemsize


def _path(digests, preparation, directory):
    key = hashlib.sha256("\n".join([repr(preparation.size), preparation.facts, *digests]).encode())
    return directory / f"{key.hexdigest()[:24]}.npy"


def _write(path, notes, pictures, preparation, what):
    partial, progress = path.with_suffix(".partial.npy"), path.with_suffix(".partial.json")
    shape = (len(pictures), *preparation.shape)
    arrays, done, bad, counts = _begun(partial, progress, shape, preparation.dtype)
    if arrays is None:
        progress.unlink(missing_ok=True)  # it belongs to no array any more
        try:
            arrays = np.lib.format.open_memmap(partial, "w+", preparation.dtype, shape)
        except OSError as error:
            raise UserError(
                f"The file {partial} cannot be written ({error.strerror}); name another folder "
                "with --cache."
            ) from None
    starts = range(done, len(pictures), BATCH)
    for start in track(starts, len(pictures), what, done, BATCH):
        chosen = pictures[start : start + BATCH]
        images = np.zeros((BATCH, *preparation.raw), np.uint8)
        counts = [*counts[:start], *[1] * len(chosen)]
        for row, picture in enumerate(chosen):
            try:
                if preparation.read is None:
                    images[row] = decode(picture.read(), preparation.size)
                else:
                    images[row], counts[start + row] = preparation.read(picture)
            except BadPicture as error:
                bad.append((start + row, str(error)))
            except OSError as error:
                bad.append((start + row, f"cannot be read ({error.strerror})"))
        images = images[..., ::-1, :] if preparation.mirror else images
        made = images if preparation.make is None else preparation.make(images)
        arrays[start : start + len(chosen)] = made[: len(chosen)]
        if start // BATCH % NOTED == NOTED - 1:
            arrays.flush()
            state = {"done": start + len(chosen), "bad": bad, "counts": counts}
            storage.write_json(progress, state)
    if bad:  # their rows must not look like pictures
        arrays[[row for row, _ in bad]] = 0
    arrays.flush()
    partial.replace(path)
    noted = {"bad": bad, "facts": preparation.facts, "size": preparation.size}
    storage.write_json(notes, noted | ({"counts": counts} if preparation.read else {}))
    progress.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path, what):
    """Let one process at a time run the block; the others wait, and tell so.

    Args:
        path: A file for the lock.
        what: Name of the thing that is being made, for the message.
    """
    try:
        import fcntl
    except ImportError:  # no such locks on Windows
        yield
        return
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise UserError(f"The file {path} cannot be written ({error.strerror}).") from None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"Another process is making {what}; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)  # as the end of the process does, however it ends


def _begun(partial, progress, shape, dtype):
    """Array, number of finished rows, bad ones and counts, as a killed process has left them.

    Damaged files count as missing.
    """
    try:
        state = json.loads(progress.read_text(encoding="utf-8"))
        done, bad = int(state["done"]), [(int(row), str(why)) for row, why in state["bad"]]
        counts = [int(count) for count in state.get("counts", [1] * done)]
        arrays = np.lib.format.open_memmap(partial, "r+")
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0, [], []
    if arrays.shape != shape or arrays.dtype != dtype or not 0 <= done <= len(arrays):
        return None, 0, [], []
    return arrays, done, bad, counts


def pixels(size):
    """The `Preparation` of plain pixels."""
    return Preparation(tuple(size), (*size, 3), "uint8", "pixels")


def mirrored(preparation):
    """The same `Preparation` of mirrored pictures."""
    return dataclasses.replace(preparation, facts=f"{preparation.facts} mirrored", mirror=True)
