"""Pictures with their captions: an embedded set, a catalogue name, or a folder of the user's."""

import collections
import dataclasses
import hashlib
import os
import pathlib

from recipes.captioning import caption_files
from recipes.common.data import files, splits
from recipes.common.errors import UserError
from recipes.common.pictures import catalog, decode

# What `coco_captions` calls its parts; what is left of COCO's validation is trained on, as usual.
SPLITS = {"val": "validation", "restval": "train"}


@dataclasses.dataclass(frozen=True)
class Captioned(splits.Rows):
    """Pictures with their captions."""

    digests: list[str]  # SHA-256 of the pictures' bytes, which decides where they go
    captions: list[list[str]]
    places: list[str]  # for messages
    decode: list[decode.Picture]
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
    parts = splits.complete(parts, config, lambda data: _read_folder(data, config), _split_off)
    return parts, splits.digest(parts)


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
    return part.divide(splits.held_out(part.digests, share, by))


def _read_folder(data, config):
    """The pictures of `folder` or of `folder,list.txt`, a file with a name a line."""
    folder, _, listed = (data, "", "") if files.exists(data) else data.partition(",")
    folder = pathlib.Path(folder)
    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder that holds the pictures.")
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    captions_file = caption_files.find(folder, config.captions)
    rows = caption_files.read(captions_file)
    wanted = caption_files.names_listed(listed) if listed else None
    return _join(folder, captions_file, rows, wanted, config)


def _join(folder, captions_file, rows, wanted, config):
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in decode.SUFFIXES
    }
    if not found:
        raise UserError(f"The folder {folder} has no pictures ({', '.join(decode.SUFFIXES)}).")
    find = _finder(found)
    faults, unclear, chosen = {}, {}, dict.fromkeys(found)
    if wanted is not None:
        chosen = {}
        for name in wanted:
            meant = find(name)
            chosen.update(dict.fromkeys(meant))
            if not meant:
                faults[name] = "is listed and not there"
            elif len(meant) > 1:
                unclear[name] = meant
    captions, bad = collections.defaultdict(list), []
    for number, name, caption, fault in rows:
        meant, caption = find(name), " ".join(caption.split())
        if wanted is not None and name and not any(other in chosen for other in meant):
            continue
        if fault:
            bad.append((number, fault))
        elif not meant:
            bad.append((number, f"names the picture {name!r}, which {folder} does not have"))
        elif len(meant) > 1:
            unclear[name] = meant
        elif not caption:
            bad.append((number, f"has an empty caption of {name!r}"))
        elif "\0" in caption:
            bad.append((number, f"has a NUL byte in a caption of {name!r}"))
        else:
            captions[meant[0]].append(caption)
    unit = "annotation" if captions_file.suffix.lower() == ".json" else "line"
    files.report(captions_file, bad, len(rows), config.bad_share, unit)
    for name, meant in unclear.items():
        both = " and ".join(str(found[other].parent) for other in meant[:2])
        faults[name] = f"stands in {both}; captions cannot tell which is meant"
    left = sorted(chosen.keys() - {name for meant in unclear.values() for name in meant})
    faults |= {name: "has no caption" for name in left if name not in captions}
    good = [name for name in left if name in captions]
    named = [(repr(name), why) for name, why in sorted(faults.items())]
    files.report(folder, named, len(good) + len(faults), config.bad_share, "picture")
    chosen = [decode.Picture(str(found[name])) for name in good]
    return Captioned(
        [_digest(picture) for picture in chosen],
        [captions[name] for name in good],
        [str(found[name]) for name in good],
        chosen,
        [""] * len(good),
    )


def _finder(found):
    """Function from a name, with folders before it or without, to those found that it may mean."""
    alike = collections.defaultdict(list)
    for name in found:
        alike[pathlib.PurePosixPath(name).name].append(name)

    def find(name):
        path = pathlib.PurePosixPath(name)
        if path.as_posix() in found:
            return [path.as_posix()]
        ends = f"/{path.as_posix()}"
        return [
            other
            for other in alike.get(path.name, ())
            if f"/{other}".endswith(ends) or ends.endswith(f"/{other}")
        ]

    return find


def _digest(picture):
    try:
        return hashlib.sha256(picture.read()).hexdigest()
    except OSError as error:  # told and counted with all that are no pictures
        return hashlib.sha256(os.fsencode(f"{picture.path}\0{error.strerror}")).hexdigest()


def _read_set(name, config):
    parts = {}
    for split, rows in catalog.read(name, config.data_dir, config.cache).items():
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
