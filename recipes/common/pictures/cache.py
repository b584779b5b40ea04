"""Pictures on the disk as one array: their pixels, or what a frozen network makes of them.

Each is read and decoded once; what came of it is kept in a file that is named after the pictures'
contents and all that was done to them, so nothing old is ever taken for something new.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
from typing import Any

import numpy as np
from tqdm import tqdm

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.pictures.decode import BadPicture, decode
from recipes.common.terminal import tell

BATCH = 32
NOTED = 32  # batches after which a process that is killed need not begin again


@dataclasses.dataclass(frozen=True)
class Preparation:
    """What is done to pictures.

    size: `(H, W)` to which they are squeezed.
    shape: Shape of what comes of one.
    dtype: Its type.
    facts: What else decides the result, as text; part of the name of the file.
    make: Function from `(B, H, W, 3)` uint8 to `(B, *shape)`, or None for the pixels.
    mirror: Whether left and right change places first.
    """

    size: tuple
    shape: tuple
    dtype: str
    facts: str
    make: Any = None
    mirror: bool = False


@dataclasses.dataclass(frozen=True)
class Kept:
    """Arrays of the pictures that could be used.

    arrays: `(N, *shape)`, on the disk; rows of pictures that could not are zeros.
    bad: `(index, reason)` of those.
    """

    arrays: np.ndarray
    bad: list


def array_of(pictures, digests, recipe, directory, what):
    """The `Kept` of some pictures, from the disk or made now.

    A process that is killed leaves what it has done, and the next one goes on from there.

    Args:
        pictures: A list of `Picture`.
        digests: SHA-256 of each one's bytes.
        recipe: The `Recipe`.
        directory: Folder of the files.
        what: What they are, for the progress bar.
    """
    key = hashlib.sha256("\n".join([repr(recipe.size), recipe.facts, *digests]).encode())
    directory = storage.make(pathlib.Path(directory))
    path = directory / f"{key.hexdigest()[:24]}.npy"
    notes = path.with_suffix(".json")
    if not (path.exists() and notes.exists()):
        with _alone(directory / f".{path.stem}.lock", f"the {what}"):
            if not (path.exists() and notes.exists()):  # another process may have made them
                _write(path, notes, pictures, recipe, what)
    bad = [tuple(row) for row in storage.read_json(notes, ("bad",))["bad"]]
    return Kept(np.load(path, mmap_mode="r"), bad)


def _write(path, notes, pictures, recipe, what):
    partial, progress = path.with_suffix(".partial.npy"), path.with_suffix(".partial.json")
    shape = (len(pictures), *recipe.shape)
    arrays, done, bad = _begun(partial, progress, shape, recipe.dtype)
    if arrays is None:
        progress.unlink(missing_ok=True)  # lest it be taken for that of the new array
        try:
            arrays = np.lib.format.open_memmap(partial, "w+", recipe.dtype, shape)
        except OSError as error:
            raise UserError(
                f"The file {partial} cannot be written ({error.strerror}); name another folder "
                "with --cache."
            ) from None
    bar = tqdm(total=len(pictures), initial=done, desc=what, unit="picture", disable=None)
    for start in range(done, len(pictures), BATCH):
        chosen = pictures[start : start + BATCH]
        images = np.zeros((BATCH, *recipe.size, 3), np.uint8)
        for row, picture in enumerate(chosen):
            try:
                images[row] = decode(picture.read(), recipe.size)
            except BadPicture as error:
                bad.append((start + row, str(error)))
            except OSError as error:
                bad.append((start + row, f"cannot be read ({error.strerror})"))
        images = images[:, :, ::-1] if recipe.mirror else images
        made = images if recipe.make is None else recipe.make(images)
        arrays[start : start + len(chosen)] = made[: len(chosen)]
        bar.update(len(chosen))
        if start // BATCH % NOTED == NOTED - 1:
            arrays.flush()
            storage.write_json(progress, {"done": start + len(chosen), "bad": bad})
    bar.close()
    if bad:  # what stands for them must not look like a picture
        arrays[[row for row, _ in bad]] = 0
    arrays.flush()
    partial.replace(path)
    storage.write_json(notes, {"bad": bad, "facts": recipe.facts, "size": recipe.size})
    progress.unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(path, what):
    """Let one process at a time run the block; the others wait, and say so.

    Args:
        path: A file that stands for what is being made.
        what: What that is, for the message.
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
    """The array that a killed process has left, how much of it is done and what was bad so far.

    What is damaged, or was cut off when it was written, counts as nothing.
    """
    try:
        state = json.loads(progress.read_text(encoding="utf-8"))
        done, bad = int(state["done"]), [(int(row), str(why)) for row, why in state["bad"]]
        arrays = np.lib.format.open_memmap(partial, "r+")
    except (OSError, ValueError, KeyError, TypeError):
        return None, 0, []
    if arrays.shape != shape or arrays.dtype != dtype or not 0 <= done <= len(arrays):
        return None, 0, []
    return arrays, done, bad


def pixels(size):
    """The `Recipe` of plain pixels."""
    return Preparation(tuple(size), (*size, 3), "uint8", "pixels")


def mirrored(recipe):
    """The `Recipe` of the same for pictures as in a mirror."""
    return dataclasses.replace(recipe, facts=f"{recipe.facts} mirrored", mirror=True)
