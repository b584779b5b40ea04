"""The caches outside the runs: where they are, how big, and how to move and clear them."""

import dataclasses
import importlib
import os
import pathlib
import re

from recipes.commands import listing, sizes
from recipes.common.errors import UserError

PICTURES = re.compile(r"\.?[0-9a-f]{24}(\.partial)?\.(npy|json|lock)|.+\.pictures(\.json)?")
MOVED_DATA = "name the new folder by TFDS_DATA_DIR in the environment, or by --data-dir"


@dataclasses.dataclass(frozen=True)
class Place:
    """A cache that can be cleared by its name.

    name: Name for `--clear`.
    content: Description of its content.
    path: Its folder.
    paths: Files and folders that are deleted with it.
    """

    name: str
    content: str
    path: pathlib.Path
    paths: tuple


def cache(clear=(), data_dir="", cache=""):
    """List the caches, or delete those that are named.

    Args:
        clear: Names of those to delete.
        data_dir, cache: Folders, where they are not the usual ones.

    Returns:
        `result, lines`: the caches with their bytes, and lines for people.

    Raises:
        UserError: If no cache has one of the names.
    """
    data = pathlib.Path(
        data_dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    ).expanduser()
    features = [pathlib.Path(folder) for folder in ([cache] if cache else _folders_of_recipes())]
    keras = pathlib.Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()
    places = {
        place.name: place
        for place in (*_data_sets(data), *_pictures(features), *_pretrained(keras / "models"))
    }
    if clear:
        return _clear(places, clear)
    rows = [
        {
            "name": place.name,
            "content": place.content,
            "path": str(place.path),
            "bytes": sum(map(sizes.size, place.paths)),
        }
        for place in places.values()
    ]
    moving = [
        f"  data sets: move {data}, then {MOVED_DATA}",
        f"  pictures:  move {' and '.join(map(str, features))}, then name the new folder by "
        "--cache",
        f"  keras:     move {keras}, then name the new folder by KERAS_HOME in the environment",
        "All can be deleted, with --clear NAME: what a training needs again is made or downloaded "
        "again.",
    ]
    return {"caches": rows}, [*_table(rows), "To move them:", *moving]


def _table(rows):
    if not rows:
        return ["There are no caches."]
    cells = [(row["name"], row["content"], sizes.megabytes(row["bytes"])) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    total = sizes.megabytes(sum(row["bytes"] for row in rows))
    return [
        *(
            f"{name:<{widths[0]}}  {content:<{widths[1]}}  {size:>{widths[2]}}  {row['path']}"
            for (name, content, size), row in zip(cells, rows, strict=True)
        ),
        f"{total} in all",
    ]


def _clear(places, names):
    for name in names:
        if name not in places:
            there = f"there are {', '.join(places)}" if places else "there are none"
            raise UserError(f"There is no cache {name!r}; {there}.")
    rows, lines = [], []
    for name in dict.fromkeys(names):
        place = places[name]
        freed = sum(map(sizes.delete, place.paths))
        rows.append({"name": name, "path": str(place.path), "freed": freed})
        lines.append(f"{place.content} in {place.path} deleted: {sizes.megabytes(freed)} freed")
    return {"cleared": rows}, lines


def _data_sets(folder):
    """Prepared data sets: embedded ones, the voices of each phrase, those of the catalogue."""
    embedded = listing.embedded_sets()
    for path in _folders(folder):
        if path.name not in embedded:
            content = "downloads" if path.name == "downloads" else "catalogue set"
            yield Place(path.name, f"{content}, as tensorflow-datasets left it", path, (path,))
        elif configurations := [
            inner for inner in _folders(path) if not re.match(r"\d+\.\d+\.\d+", inner.name)
        ]:
            for inner in configurations:
                name = f"{path.name}/{inner.name}"
                yield Place(name, "embedded set, one of its configurations", inner, (inner,))
        else:
            yield Place(path.name, "embedded set", path, (path,))


def _folders_of_recipes():
    """The usual folders for features, of all recipes that keep some."""
    configs = (
        importlib.import_module(f"recipes.{name}.config").Config() for name in listing.recipes()
    )
    return sorted({config.cache for config in configs if hasattr(config, "cache")})


def _pictures(folders):
    """Features and copies of pictures; other files in the folder are not touched."""
    for number, folder in enumerate(folders, start=1):
        paths = folder.iterdir() if folder.is_dir() else ()
        ours = tuple(sorted(path for path in paths if _is_of_pictures(path)))
        if ours:
            name = "pictures" if len(folders) == 1 else f"pictures-{number}"
            yield Place(name, "pixels and features of pictures", folder, ours)


def _is_of_pictures(path):
    beside = path.with_suffix(".pictures")  # an index goes with its pictures
    return bool(PICTURES.fullmatch(path.name)) or (path.suffix == ".json" and beside.exists())


def _pretrained(folder):
    if folder.is_dir():
        yield Place("keras", "pretrained weights that Keras downloaded", folder, (folder,))


def _folders(path):
    if not path.is_dir():
        return []
    return sorted(inner for inner in path.iterdir() if inner.is_dir() and inner.name[0] != ".")
