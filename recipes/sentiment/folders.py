"""Texts in folders or files that are named after their labels: a text a file, or a text a line."""

import os
import pathlib

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell

SUFFIXES = (".txt",)
TABLES = (".csv", ".tsv", ".jsonl", ".json")
PARTS = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
}  # fmt: skip
UNLABELLED = ("unsup", "unsupervised", "unlabelled", "unlabeled")


def parts_of(folder, form):
    """The texts of a folder that has a folder for each label, or `train` and `test` that have.

    Args:
        folder: The folder, a path.
        form: The `tables.Form`; the encoding and the share of bad files count.

    Returns:
        A dict from the name of a part to a list of `(path, text, label)`, those of one label
        evenly spread among those of the others.

    Raises:
        UserError: If there are no such folders, a file is in another encoding, or too many are
            empty.
    """
    folder = pathlib.Path(folder)
    below = _folders(folder)
    named = {PARTS[path.name.lower()]: path for path in below if path.name.lower() in PARTS}
    if "train" in named:
        return {part: _read(path, form) for part, path in named.items()}
    return {"train": _read(folder, form)}


def _folders(folder):
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read: {error.strerror}.") from None


def _read(folder, form):
    found = {path: files.walk(path, SUFFIXES) for path in _folders(folder)}
    for path in list(found):
        if path.name.lower() in UNLABELLED:
            tell(f"Left out {len(found.pop(path)):,} texts in {path}: they have no label.")
        elif not found[path]:
            found.pop(path)
            tell(f"Left out the folder {path}: it has no .txt files.")
    if not found:
        held = ", ".join(sorted(path.name for path in folder.iterdir())[:6]) or "nothing"
        raise UserError(
            f"The folder {folder} has no folders of .txt files, one for each label as pos/ and "
            f"neg/ (it holds {held}). A table is named as a file; files with a text on each line "
            "are named with commas, as pos.txt,neg.txt."
        )
    labelled, bad = [], []
    for path, texts in found.items():
        read = []
        for name in texts:
            text = files.decode(name, files.read_bytes(name), form.encoding).strip()
            if text:
                read.append((str(name), text, path.name))
            else:
                bad.append((name, "is empty"))
        labelled.append(read)
    total = sum(map(len, labelled)) + len(bad)
    if skipped := files.judge(folder, bad, total, form.bad_share, "file"):
        tell(skipped)
    return _spread(labelled)


def files_of_labels(value):
    """The files of a value such as `pos.txt,neg.txt`; none if it is no such list."""
    if "," not in value or files.exists(value):
        return []
    names = [name.strip() for name in value.split(",")]
    if not all(names) or not any(map(files.looks_like_file, names)):
        return []
    return names


def read_files(paths, form):
    """The texts of files that have one on each line, blank lines passed over.

    The label of a file is its name without the suffix; where the names are alike, as of
    `reviews.pos` and `reviews.neg`, it is the suffix.

    Args:
        paths: The files.
        form: The `tables.Form`; the encoding counts.

    Returns:
        A list of `(place, text, label)`, those of one label evenly spread among the others.

    Raises:
        UserError: If a file is missing, empty, a table or in another encoding, or two have the same
            name.
    """
    labels = [os.path.basename(path.removesuffix(".gz")).rpartition(".") for path in paths]
    stems = [stem or suffix for stem, _, suffix in labels]
    if len(set(stems)) < len(stems):
        stems = [suffix for _, _, suffix in labels]
    if len(set(stems)) < len(stems):
        raise UserError(
            f"--data {','.join(paths)}: each file must be named after its label, as "
            "pos.txt,neg.txt; two have the same name."
        )
    labelled = []
    for path, label in zip(paths, stems, strict=True):
        if path.lower().removesuffix(".gz").endswith(TABLES):
            raise UserError(
                f"--data {','.join(paths)}: several files have a text on each line and are named "
                f"after their labels, as pos.txt,neg.txt; {path} is a table. Join tables into one."
            )
        lines = files.read_text(path, "a text on each line", form.encoding).split("\n")
        labelled.append(
            [(f"{path}, line {i}", line.strip(), label) for i, line in enumerate(lines, start=1)
             if line.strip()]
        )  # fmt: skip
    return _spread(labelled)


def _spread(labelled):
    """Lists one into the other, so that the last of all are the last of each."""
    places = [((i + 0.5) / len(rows), row) for rows in labelled for i, row in enumerate(rows)]
    return [row for _, row in sorted(places, key=lambda place: place[0])]
