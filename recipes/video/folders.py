"""Folders of clips: video files, GIFs and folders of frames, in a folder per label."""

import hashlib
import os

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.video.reading import GIF, PICTURES, VIDEOS, BadClip


def clips_below(folder):
    """The clips below a folder, links followed: files, and folders that hold pictures.

    Raises:
        UserError: If there are none.
    """
    found = files.walk(folder, (*VIDEOS, GIF))
    frames = {path.parent for path in files.walk(folder, PICTURES)} - {folder}
    clips = sorted([*(path for path in found if path.is_file()), *frames])
    if not clips:
        raise UserError(
            f"The folder {folder} has no clips: neither videos ({', '.join((*VIDEOS, GIF))}) nor "
            f"folders of frames ({', '.join(PICTURES)})."
        )
    return clips


def label_of(name):
    """The label of a clip: the first folder on the way to it.

    Args:
        name: Its path below the folder of the data.

    Raises:
        BadClip: If it lies in no folder.
    """
    if len(name.parts) < 2:
        raise BadClip("lies in no folder of a label, such as wave/01.mp4 or wave/01/ with frames")
    return name.parts[0]


def events_beside(path):
    """The file of events beside a clip, or None."""
    beside = path.with_suffix(".csv") if path.is_file() else path.parent / f"{path.name}.csv"
    return beside if beside.is_file() else None


def digest_of(path):
    """SHA-256 of a clip: of its bytes, or of those of all its frames.

    Raises:
        BadClip: If it cannot be read.
    """
    paths = [path]
    if path.is_dir():
        paths = sorted(p for p in path.iterdir() if p.suffix.lower() in PICTURES)
    total = hashlib.sha256()
    try:
        for one in paths:
            with open(one, "rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        name = os.path.basename(error.filename or path)
        raise BadClip(f"cannot be read ({name}: {error.strerror})") from None
    return total.hexdigest()
