"""Checkpoints that are complete or absent.

A checkpoint is a directory `step-<number>` with the arrays, the rest of the state as JSON, and the
SHA-256 of both in the form `sha256sum -c` reads. It is written beside its place, flushed and
renamed; the last two are kept, so a damaged one leaves the one before.
"""

import hashlib
import json
import re

import numpy as np

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.terminal import tell

KEPT = 2
ARRAYS, STATE, SUMS = "arrays.npz", "state.json", "SHA256SUMS"


def save(directory, step, arrays, state):
    """Write a checkpoint, then delete all but the last two.

    Args:
        directory: Where the checkpoints of a run are.
        step: Training steps done; part of the name.
        arrays: Dict of NumPy arrays.
        state: Anything JSON can hold.
    """
    directory.mkdir(exist_ok=True)
    with storage.replacing(directory / f"step-{step:09d}") as temporary:
        temporary.mkdir()
        np.savez(temporary / ARRAYS, **arrays)
        (temporary / STATE).write_text(json.dumps(state), encoding="utf-8")
        (temporary / SUMS).write_text(_sums(temporary), encoding="utf-8")
    for old in _newest_first(directory)[KEPT:]:
        storage.remove(old)
    # What a killed process left half written.
    for leftover in directory.glob(".*.step-*"):
        storage.remove(leftover)


def load(directory):
    """The newest whole checkpoint.

    Returns:
        `arrays, state`, or None if none was ever written.

    Raises:
        UserError: If there are checkpoints and all are damaged.
    """
    found = _newest_first(directory)
    for path in found:
        if _is_whole(path):
            with np.load(path / ARRAYS, allow_pickle=False) as arrays:
                return dict(arrays), json.loads((path / STATE).read_text(encoding="utf-8"))
        tell(f"The checkpoint {path} is damaged; going on from the one before it.")
    if found:
        raise UserError(
            f"Every checkpoint in {directory} is damaged. Delete that directory to train from the "
            "beginning."
        )
    return None


def _newest_first(directory):
    if not directory.is_dir():
        return []
    names = (path for path in directory.iterdir() if re.fullmatch(r"step-\d{9,}", path.name))
    return sorted(names, key=lambda path: int(path.name.partition("-")[2]), reverse=True)


def _sums(path):
    lines = []
    for name in (ARRAYS, STATE):
        with (path / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)


def _is_whole(path):
    try:
        return (path / SUMS).read_bytes() == _sums(path).encode()
    except OSError:
        return False
