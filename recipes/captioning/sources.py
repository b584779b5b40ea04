"""Pictures with their captions: an embedded set, a catalogue name, or a folder of the user's."""

import collections
import dataclasses
import hashlib
import itertools
import os
import pathlib

from recipes.captioning import caption_files
from recipes.common.data import files, splits
from recipes.common.errors import UserError
from recipes.common.pictures import catalog
from recipes.common.pictures.decode import SUFFIXES, Picture

# Names of parts of `coco_captions`; the rest of COCO's validation is trained on, as usual.
PARTS = {"val": "validation", "restval": "train"}


@dataclasses.dataclass(frozen=True)
class Captioned(splits.Rows):
    """Pictures with their captions.

    digests: SHA-256 of the pictures' bytes, which decides where they go.
    captions: The captions of each picture.
    places: Where each picture stands, for messages.
    pictures: Where the bytes of each picture are.
    scenes: Descriptions of what an embedded set has drawn; empty for other pictures.
    """

    KEY, PAYLOAD = "digests", "captions"

    digests: list[str]
    captions: list[list[str]]
    places: list[str]
    pictures: list[Picture]
    scenes: list[str]


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
    if part := splits.to_measure_on(_read_set(data, config)):
        return part
    raise UserError(f"--data {data} has no pictures with captions.")


def is_folder(data):
    """True if a `--data` value names a folder, with or without a list of its pictures."""
    folder, _ = files.folder_and_list(data)
    return files.exists(folder) or folder.endswith(("/", os.sep))


def _split_off(part, share, by):
    return part.divide(splits.held_out(part.digests, share, by))


def _read_folder(data, config):
    """The pictures of `folder` or of `folder,list.txt`, a file with a name a line."""
    folder, listed = files.folder_and_list(data)
    folder = pathlib.Path(folder)
    if folder.is_file():
        raise UserError(f"{folder} is a file; name the folder that holds the pictures.")
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    captions_file = caption_files.find(folder, config.captions)
    rows = caption_files.read(captions_file, config.encoding)
    listed = files.names_listed(listed, "picture", config.encoding) if listed else None
    names = Names(folder)
    captions, faults = _join(names, rows, listed, captions_file, config)
    good = sorted(captions)
    files.report(folder, faults, len(good) + len(faults), config.bad_share, "picture")
    places = [str(names.paths[name]) for name in good]
    pictures = [Picture(place) for place in places]
    return Captioned(
        [_digest(picture) for picture in pictures],
        [captions[name] for name in good],
        places,
        pictures,
        [""] * len(good),
    )


class Names:
    """The pictures below a folder, found by their names.

    Args:
        folder: The folder, a path.

    Raises:
        UserError: If it has no pictures.
    """

    def __init__(self, folder):
        self.folder = folder
        self.paths = {
            path.relative_to(folder).as_posix(): path for path in files.walk(folder, SUFFIXES)
        }
        if not self.paths:
            raise UserError(f"The folder {folder} has no pictures ({', '.join(SUFFIXES)}).")
        self.alike = collections.defaultdict(list)  # by the last part of their names
        for name in self.paths:
            self.alike[pathlib.PurePosixPath(name).name].append(name)

    def meant(self, name):
        """The pictures that a name may mean, with folders before it or without."""
        path = pathlib.PurePosixPath(name)
        if path.as_posix() in self.paths:
            return [path.as_posix()]
        end = f"/{path.as_posix()}"
        return [
            other
            for other in self.alike.get(path.name, ())
            if f"/{other}".endswith(end) or end.endswith(f"/{other}")
        ]


def _join(names, rows, listed, captions_file, config):
    """The captions of the pictures of a folder.

    Args:
        names: The `Names` of the folder.
        rows: What `caption_files.read` gives.
        listed: Names of the pictures that are wanted; all if None.
        captions_file: Path of the file of captions.
        config: `bad_share` counts.

    Returns:
        `captions, faults`: a dict of captions by picture, and a sorted list of `(name, reason)` for
        the pictures that cannot be used.
    """
    of_listed = {name: names.meant(name) for name in listed or ()}
    wanted = set(names.paths if listed is None else itertools.chain(*of_listed.values()))
    of_wanted = rows
    if listed is not None:
        of_wanted = [row for row in rows if not row[1] or wanted & set(names.meant(row[1]))]
    captions, unclear, bad = _sorted_by_picture(names, of_wanted)
    unit = "annotation" if captions_file.suffix.lower() == ".json" else "line"
    files.report(captions_file, bad, len(rows), config.bad_share, unit)

    unclear |= {name: meant for name, meant in of_listed.items() if len(meant) > 1}
    faults = {name: "is listed and not there" for name, meant in of_listed.items() if not meant}
    for name, meant in unclear.items():
        both = " and ".join(str(names.paths[picture].parent) for picture in meant[:2])
        faults[name] = f"stands in {both}; captions cannot tell which is meant"
    clear = wanted.difference(*unclear.values())
    faults |= {name: "has no caption" for name in clear - captions.keys()}
    usable = {name: captions[name] for name in clear & captions.keys()}
    return usable, [(repr(name), reason) for name, reason in sorted(faults.items())]


def _sorted_by_picture(names, rows):
    """Rows of captions by picture.

    Returns:
        `captions, unclear, bad`: a dict of captions by picture, a dict of pictures by name for
        names that may mean several, and a list of `(number, reason)` for rows that cannot be used.
    """
    captions, unclear, bad = collections.defaultdict(list), {}, []
    for number, name, caption, fault in rows:
        meant, caption = names.meant(name), " ".join(caption.split())
        if len(meant) > 1 and not fault:
            unclear[name] = meant
        elif reason := fault or _fault(names.folder, name, meant, caption):
            bad.append((number, reason))
        else:
            captions[meant[0]].append(caption)
    return captions, unclear, bad


def _fault(folder, name, meant, caption):
    """The reason why a row cannot be used, empty if it can."""
    if not meant:
        return f"names the picture {name!r}, which {folder} does not have"
    if not caption:
        return f"has an empty caption of {name!r}"
    return f"has a NUL byte in a caption of {name!r}" if "\0" in caption else ""


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
        known = PARTS.get(split, split)
        parts[known] = parts[known].join(part) if known in parts else part
    return parts
