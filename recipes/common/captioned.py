"""Pictures with their captions: an embedded set, a catalogue name, or a folder of the user's."""

import collections
import dataclasses
import hashlib
import json
import os
import pathlib

from recipes.common import catalog_pictures, files, pictures, sources
from recipes.common.errors import UserError

# What a captions file is called, in the order in which they are looked for.
CAPTION_FILES = (
    "captions.txt", "captions.tsv", "captions.csv", "captions.json", "Flickr8k.token.txt",
    "results_20130124.token", "results.csv",
)  # fmt: skip

# What `coco_captions` calls its parts; what is left of COCO's validation is trained on, as usual.
SPLITS = {"val": "validation", "restval": "train"}


@dataclasses.dataclass(frozen=True)
class Captioned(sources.Rows):
    """Pictures with their captions."""

    digests: list[str]  # SHA-256 of the pictures' bytes, which decides where they go
    captions: list[list[str]]
    places: list[str]  # for messages
    pictures: list[pictures.Picture]
    scenes: list[str]  # what an embedded set has drawn; empty for pictures of other kinds


def load(config):
    """The parts `train`, `validation` and `test` named by a configuration, and any more of a set.

    What the data does not name is split off by the pictures' contents, so that no picture stands in
    two parts, under whatever names.

    Args:
        config: `data`, `validation`, `test`, `captions`, `holdout`, the shares, `cache` and
            `data_dir` count.

    Returns:
        A dict of `Captioned` by name, and the SHA-256 of everything in it.

    Raises:
        UserError: If the data is unusable, or a part comes out empty.
    """
    if is_folder(config.data):
        parts = {"train": _read_folder(config.data, config)}
    else:
        parts = _read_set(config.data, config)
        if "train" not in parts:
            raise UserError(f"--data {config.data} has no training part.")
    parts = sources.complete(parts, config, lambda data: _read_folder(data, config), _split_off)
    return parts, sources.digest(parts)


def load_one(data, config):
    """One part to measure on: a folder, or the test part of a set.

    Raises:
        UserError: If the data is unusable.
    """
    if is_folder(data):
        return _read_folder(data, config)
    parts = _read_set(data, config)
    for name in ("test", "validation", "train"):
        if name in parts:
            return parts[name]
    raise UserError(f"--data {data} has no pictures with captions.")


def is_folder(data):
    """Whether a `--data` value names a folder, with or without a list of its pictures."""
    folder = data.partition(",")[0]
    return files.exists(data) or files.exists(folder) or folder.endswith(("/", os.sep))


def _split_off(part, share, by):
    return part.divide(sources.held_out(part.digests, share, by))


def _read_folder(data, config):
    """The pictures of `folder` or of `folder,list.txt`, a file with a name a line."""
    folder, _, listed = (data, "", "") if files.exists(data) else data.partition(",")
    folder = pathlib.Path(folder)
    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder that holds the pictures.")
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    captions_file = _captions_file(folder, config.captions)
    rows = _caption_rows(captions_file)
    wanted = _names_listed(listed) if listed else None
    return _join(folder, captions_file, rows, wanted, config)


def _captions_file(folder, given):
    if given:
        return pathlib.Path(given)
    for name in CAPTION_FILES:
        if (folder / name).is_file():
            return folder / name
    raise UserError(
        f"The folder {folder} has no file of captions ({', '.join(CAPTION_FILES[:4])}); name one "
        "with --captions."
    )


def _caption_rows(path):
    """`(number, name of the picture, caption)` of each line, by the form of the file."""
    if path.suffix.lower() == ".json":
        return _coco_rows(path)
    text = files.read_text(path, "a picture's name and a caption on each line")
    first = text.partition("\n")[0]
    if path.suffix.lower() == ".csv" or "\t" not in first:
        header = first.split("|" if "|" in first else ",")
        columns = [name.strip().lower() for name in header]
        return _table_rows(path, text, columns)
    rows = []
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        name, _, caption = line.rstrip("\r").partition("\t")
        if number == 1 and name.strip().lower() in ("image", "file", "filename"):
            continue
        name, mark, index = name.strip().rpartition("#")
        rows.append((number, name if mark and index.isdigit() else name + mark + index, caption))
    return rows


NAMES = ("image", "image_name", "file", "filename", "file_name")


def _table_rows(path, text, columns):
    """Of a table with the columns `image` and `caption`, separated by commas or bars."""
    import csv
    import io

    name = next((name for name in NAMES if name in columns), None)
    caption = next((name for name in ("caption", "comment") if name in columns), None)
    if name is None or caption is None:
        raise UserError(
            f"The file {path} is neither lines of name, tab, caption nor a table whose first line "
            f"names the columns image and caption (found: {', '.join(columns)[:80]})."
        )
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter="|" if "|" in first else ",",
        skipinitialspace=True, strict=True,
    )  # fmt: skip
    rows, places = [], (columns.index(name), columns.index(caption))
    try:
        next(reader)
        for fields in reader:
            if fields:
                cells = [fields[i].strip() if i < len(fields) else "" for i in places]
                rows.append((reader.line_num, *cells))
    except csv.Error as error:
        raise UserError(
            f"The file {path} breaks off or is misquoted at line {reader.line_num}: {error}."
        ) from None
    return rows


def _coco_rows(path):
    text = files.read_text(path, "COCO's images and annotations")
    try:
        content = json.loads(text)
        names = {image["id"]: image["file_name"] for image in content["images"]}
        return [
            (number, names.get(row["image_id"], f"(id {row['image_id']})"), row["caption"])
            for number, row in enumerate(content["annotations"], start=1)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"The file {path} is no JSON of COCO's form, with images (id, file_name) and "
            f"annotations (image_id, caption): {type(error).__name__} {error}."
        ) from None


def _names_listed(path):
    lines = files.read_text(path, "the name of a picture on each line").split("\n")
    return {
        pathlib.PurePosixPath(line.strip()).name: line.strip() for line in lines if line.strip()
    }


def _join(folder, captions_file, rows, wanted, config):
    found = collections.defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in pictures.SUFFIXES:
            found[path.name].append(path)
    if not found:
        raise UserError(f"The folder {folder} has no pictures ({', '.join(pictures.SUFFIXES)}).")
    captions, bad = collections.defaultdict(list), []
    for number, name, caption in rows:
        name, caption = pathlib.PurePosixPath(name).name, " ".join(caption.split())
        if wanted is not None and name not in wanted:
            continue
        if not found.get(name):
            bad.append((number, f"names the picture {name!r}, which {folder} does not have"))
        elif not caption:
            bad.append((number, f"has an empty caption of {name!r}"))
        elif "\0" in caption:
            bad.append((number, f"has a NUL byte in a caption of {name!r}"))
        else:
            captions[name].append(caption)
    files.report(captions_file, bad, len(rows), config.bad_share)
    names = sorted(name for name in found if wanted is None or name in wanted)
    faults = _faults(names, found, captions, wanted)
    files.report(
        folder, [(repr(name), why) for name, why in faults.items()],
        len(names) + sum(name not in found for name in faults), config.bad_share, "picture",
    )  # fmt: skip
    good = [name for name in names if name not in faults]
    chosen = [pictures.Picture(str(found[name][0])) for name in good]
    return Captioned(
        [_digest(picture) for picture in chosen],
        [captions[name] for name in good],
        [str(found[name][0]) for name in good],
        chosen,
        [""] * len(good),
    )


def _faults(names, found, captions, wanted):
    """What is wrong with each picture that cannot be used, by name."""
    faults = {}
    for name in names:
        if len(found[name]) > 1:
            both = " and ".join(str(path.parent) for path in found[name][:2])
            faults[name] = f"stands in {both}; captions cannot tell which is meant"
        elif name not in captions:
            faults[name] = "has no caption"
    for name in wanted or ():
        if name not in found:
            faults[name] = "is listed and not there"
    return faults


def _digest(picture):
    try:
        return hashlib.sha256(picture.read()).hexdigest()
    except OSError as error:
        raise UserError(f"The picture {picture.path} cannot be read: {error.strerror}.") from None


def _read_set(name, config):
    parts = {}
    for split, rows in catalog_pictures.read(name, config.data_dir, config.cache).items():
        if not rows:
            continue
        part = Captioned(
            [digest for _, _, digest, _ in rows],
            [captions for _, captions, _, _ in rows],
            [f"{name} ({split}), example {n}" for n in range(1, len(rows) + 1)],
            [picture for picture, _, _, _ in rows],
            [scene for _, _, _, scene in rows],
        )
        known = SPLITS.get(split, split)
        parts[known] = parts[known].join(part) if known in parts else part
    return parts
