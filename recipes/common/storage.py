"""Files that are complete or as they were before, and the lock of a directory."""

import contextlib
import fcntl
import gzip
import json
import os
import pathlib
import shutil
import zlib

from recipes.common.errors import UserError


@contextlib.contextmanager
def replacing(path):
    """A temporary path beside `path` that takes its place once the block has ended well.

    What was written is flushed to the disk before the renaming, so a crash at any moment leaves the
    old content or the new, never a part of it. A directory takes the place of another one in two
    steps; a crash between them leaves neither.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    remove(temporary)
    try:
        yield temporary
        for written in [temporary, *temporary.rglob("*")]:
            _flush(written)
        if path.is_dir():
            remove(path)
        os.replace(temporary, path)
        _flush(path.parent)
    finally:
        remove(temporary)


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path):
    """Delete a file or a directory, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file so that it is complete or as it was before."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path, content):
    """Write a file so that it is complete or as it was before."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def read_text(path, otherwise="utf-8"):
    """The text of a file of the user's, `.gz` or not, without a byte order mark.

    Line feeds end its lines, whatever the file has.

    Args:
        path: The file.
        otherwise: Its encoding if it is not UTF-8.

    Raises:
        UserError: If it is missing, a directory, unreadable or in neither encoding.
    """

    def read(encoding):
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding=encoding) as file:
            return file.read()

    try:
        return read("utf-8-sig")
    except UnicodeDecodeError as error:
        with contextlib.suppress(UnicodeError, LookupError):
            return read(otherwise)
        raise UserError(
            f"The file {path} is not UTF-8 (byte {error.start + 1}). Convert it, as with: iconv -f "
            "cp1252 -t utf-8."
        ) from None
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except (EOFError, zlib.error):
        raise UserError(f"The file {path} breaks off or is damaged.") from None
    except OSError as error:
        reason = error.strerror or "it is damaged"
        raise UserError(f"The file {path} cannot be read: {reason}.") from None


def write_json(path, value):
    """Write a JSON file so that it is complete or as it was before."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def ensure_space(folder, needed, purpose, advice):
    """Refuse work for whose files the disk has too little room.

    Args:
        folder: Folder to write to; it need not be there yet.
        needed: Bytes.
        purpose: Name of the files, in the plural, as "The voices of 'alexa'".
        advice: Sentence without its capital on another way, such as "name another folder.".

    Raises:
        UserError: If fewer bytes are free.
    """
    place = pathlib.Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"{purpose} need {needed / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB free; "
            f"{advice}"
        )


def make(directory):
    """Make a directory, if it is not there.

    Raises:
        UserError: If it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The directory {directory} cannot be made: {error.strerror}.") from None
    return directory


_locks = {}


def lock(directory):
    """Keep a directory for this process as long as it lives.

    Raises:
        UserError: If another process has it.
    """
    path = directory.resolve() / ".lock"
    if path in _locks:
        return
    # Closed by the end of the process, however it ends.
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise UserError(
            f"Another process is training in {directory}; wait for it, or give another --run."
        ) from None
    _locks[path] = file


def read_json(path, keys=()):
    """A JSON object that an earlier verb wrote into a run directory.

    Raises:
        UserError: If the file is missing, damaged, or lacks one of the keys.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"The run directory {path.parent} lacks {path.name}: it is no finished run or it is "
            "damaged. Run train on it again."
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(f"The file {path} is damaged ({error}); train the run anew.") from None
    if not isinstance(value, dict):
        raise UserError(f"The file {path} is damaged (not a JSON object); train the run anew.")
    for key in keys:
        if key not in value:
            raise UserError(f"The file {path} is damaged (no {key}); train the run anew.")
    return value


def subdirectory(directory, name):
    """A directory inside a run, made if it is not there."""
    path = directory / name
    path.mkdir(exist_ok=True)
    return path
