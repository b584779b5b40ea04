"""Sizes on the disk, and files deleted with their size known."""

import pathlib

from recipes.common import storage


def size(path):
    """Bytes of a file or of all files in a folder; symbolic links count as nothing."""
    path = pathlib.Path(path)
    found = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
    return sum(file.lstat().st_size for file in found if file.is_file() and not file.is_symlink())


def delete(path):
    """Delete a file, a folder or a symbolic link, and give the bytes that it took."""
    taken = size(path)
    if path.is_symlink():
        path.unlink()
    else:
        storage.remove(path)
    return taken


def megabytes(count):
    """A number of bytes for people."""
    return f"{count / 1e6:,.1f} MB"
