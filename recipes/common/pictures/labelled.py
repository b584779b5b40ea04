"""Pictures with one label each: an embedded set, the catalogue, idx files, a folder a label."""

import dataclasses
import hashlib
import pathlib

import numpy as np

from recipes.common.data import catalog, files, splits
from recipes.common.errors import UserError
from recipes.common.pictures import idx
from recipes.common.pictures.decode import SUFFIXES, BadPicture, decode
from recipes.common.terminal import tell

HELD_OUT = 5_000  # last pictures of idx files, as usual with MNIST's 60,000
ENOUGH = 4 * HELD_OUT  # pictures from which on so many are held out
PARTS = {
    "training": "train", "val": "validation", "valid": "validation", "dev": "validation",
    "t10k": "test", "testing": "test",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Labelled:
    """Pictures with their labels.

    images: `(N, H, W, C)` uint8.
    labels: `(N,)` int32, numbers of labels.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self):
        return len(self.labels)

    @property
    def image_shape(self):
        """`(H, W, C)`."""
        return self.images.shape[1:]


@dataclasses.dataclass(frozen=True)
class Rows(splits.Rows):
    """Pictures as they are read, one by one, each with the name of its label."""

    KEY, PAYLOAD = "digests", "labels"

    digests: list[str]
    labels: list[str]
    places: list[str]
    images: list[np.ndarray]

    @classmethod
    def of_pictures(cls, images, labels, places):
        """Rows of `(H, W, C)` pictures."""
        digests = [
            hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).hexdigest()
            for image in images
        ]
        return cls(digests, list(labels), list(places), list(images))


def load(config):
    """The parts `train`, `validation` and `test` named by a configuration.

    What the data does not name is split off by the pictures' contents, so that none stands in two
    parts. Of idx files the last 5,000 pictures are validation, as usual with MNIST; where there is
    no file of a test part, the 5,000 before those are the test.

    Args:
        config: A `settings.LabelledPictures`.

    Returns:
        `parts, sha256, names`: a dict of `Labelled` by name, the SHA-256 of everything in it, and
        the sorted names of the labels.

    Raises:
        UserError: If the data is unusable, or a part comes out empty or has a label, or a size of
            pictures, that the training has not.
    """
    rows = _read(config.data, config)
    if "train" not in rows:
        raise UserError(f"--data {config.data} has no training part.")
    shape = rows["train"].images[0].shape if rows["train"] else None
    # The labels of all training pictures are known, also of those that a limit leaves out.
    whole = dataclasses.replace(config, limit=0)
    rows = splits.complete(rows, whole, lambda data: _one(data, config, shape), _split_off)
    names = sorted(set(rows["train"].labels), key=_by_number)
    if len(names) < 2:
        raise UserError(
            f"--data {config.data} has the single label {names[0]!r}; it takes two or more."
        )
    rows = {name: part.sample(config.limit) for name, part in rows.items()}
    parts = {name: numbered(part, names, shape) for name, part in rows.items()}
    return parts, splits.digest(rows), names


def load_one(data, config, names, shape):
    """One part to measure on.

    Args:
        data: Its name.
        config: The settings of the run.
        names: The labels that are known.
        shape: `(H, W, C)` of the run's pictures.

    Raises:
        UserError: If it is unusable, or has other labels or another size of pictures.
    """
    return numbered(_one(data, config, shape), names, shape)


def to_measure(run, data, names, shape):
    """The part that a finished run is measured on: other data, or its own test part.

    Args:
        run: The finished run.
        data: What names other data; nothing for the run's own.
        names: The labels that are known.
        shape: `(H, W, C)` of the run's pictures.

    Returns:
        `part, data`: the `Labelled`, and a name for people.

    Raises:
        UserError: If the data is unusable, has labels or a size of pictures that the training did
            not have, or is no longer what the run was trained on.
    """
    if data:
        return load_one(data, run.config, names, shape), data
    parts, sha256, _ = load(run.config)
    return run.own_test_part(parts, sha256), f"{run.config.data} (test part)"


def numbered(rows, names, shape):
    """Rows as arrays.

    Raises:
        UserError: If a label is unknown, or a picture has another shape.
    """
    index = {name: number for number, name in enumerate(names)}
    for label, place, image in zip(rows.labels, rows.places, rows.images, strict=True):
        if label not in index:
            raise UserError(
                f"{place} has the label {label!r}, which the training part does not have (it has "
                f"{', '.join(names[:10])})."
            )
        if image.shape != tuple(shape):
            raise UserError(
                f"{place} is {_size(image.shape)}, the others are {_size(shape)}; pictures must be "
                "of one size."
            )
    labels = np.array([index[label] for label in rows.labels], np.int32)
    return Labelled(np.stack(rows.images), labels)


def read_picture(path, shape):
    """A picture of a file as the network takes it, `(H, W, C)` uint8.

    Raises:
        UserError: If it is none.
    """
    try:
        return _channels(decode(files.read_bytes(path), shape[:2]), shape[2])
    except BadPicture as error:
        raise UserError(f"The picture {path} {error}.") from None


def _size(shape):
    return f"{shape[0]} x {shape[1]} pixels of {shape[2]} channel{'s' * (shape[2] > 1)}"


def _by_number(name):
    return (0, int(name), name) if name.isdecimal() else (1, 0, name)


def _split_off(rows, share, by):
    return rows.divide(splits.held_out(rows.digests, share, by))


def _one(data, config, shape=None):
    """The rows of a part that a setting names by itself."""
    if rows := splits.to_measure_on(_read(data, config, shape)):
        return rows
    raise UserError(f"--data {data} has no labelled pictures.")


def _read(data, config, shape=None):
    if not data:
        raise UserError("--data is empty; name a folder or a data set.")
    path = pathlib.Path(data)
    if path.is_file():
        return _read_idx_file(path, data)
    if not path.is_dir():
        if data.endswith("/"):
            raise files.missing(data, "folder")
        return _read_set(data, config)
    if found := idx.pairs(path):
        return _read_idx(found, config)
    return _read_folder(path, config, shape)


def _read_idx_file(path, data):
    """The part of a single file of pictures, beside which its labels lie."""
    if not idx.is_of_pictures(path):
        raise UserError(f"--data {data} is no idx file of pictures; name a folder or a data set.")
    return {"train": _rows_of_idx(path, idx.labels_beside(path))}


def _rows_of_idx(images_path, labels_path):
    images, labels = idx.read(images_path, 3), idx.read(labels_path, 1)
    if len(images) != len(labels):
        raise UserError(
            f"{images_path} has {len(images):,} pictures, {labels_path.name} {len(labels):,} "
            "labels; they do not belong together."
        )
    places = (f"{images_path}, picture {n}" for n in range(1, len(images) + 1))
    return Rows.of_pictures(images[..., None], map(str, labels.tolist()), places)


def _read_idx(found, config):
    parts = {PARTS.get(name, name): _rows_of_idx(*paths) for name, paths in sorted(found.items())}
    if "train" not in parts and len(parts) == 1:
        parts = {"train": parts.popitem()[1]}
    for name in ("validation", "test"):
        rows = parts.get("train", ())
        if name not in parts and not getattr(config, name) and len(rows) >= ENOUGH:
            end = len(rows) - HELD_OUT
            parts[name] = rows.take(range(end, len(rows)))
            parts["train"] = rows.take(range(end))
    return parts


def _read_set(name, config):
    import tensorflow_datasets as tfds

    builder = catalog.builder_of(name, config.data_dir)
    features = builder.info.features
    images = [key for key, value in features.items() if isinstance(value, tfds.features.Image)]
    labels = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    if not images or not labels or None in features[images[0]].shape:
        raise UserError(
            f"--data {name} has no pictures of one size with a class label; it has "
            f"{', '.join(features)}."
        )
    parts = {}
    for split, batches in catalog.as_numpy(builder, name).items():
        pictures, numbers = [], []
        for batch in batches:
            pictures += list(batch[images[0]])
            numbers += batch[labels[0]].tolist()
        places = (f"{name} ({split}), example {n}" for n in range(1, len(numbers) + 1))
        texts = map(features[labels[0]].int2str, numbers)
        parts[PARTS.get(split, split)] = Rows.of_pictures(pictures, texts, places)
    return parts


def _read_folder(folder, config, shape):
    """A folder for each label, or for each part with one for each label in it."""
    inside = sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    parts = {PARTS.get(path.name.lower(), path.name.lower()): path for path in inside}
    named = set(parts) & set(splits.PARTS)
    if named and len(named) == len(inside):
        read = {name: _read_labels(path, config, shape) for name, path in parts.items()}
        return read if shape else _same_channels(read)
    if len(named) > 1:
        raise UserError(
            f"The folder {folder} has {', '.join(path.name for path in inside)}; as parts it takes "
            "train, validation and test, each once, and nothing beside them."
        )
    return {"train": _read_labels(folder, config, shape)}


def _same_channels(parts):
    """Parts with colours in all if there are any in one."""
    most = max(rows.images[0].shape[2] for rows in parts.values())
    return {
        name: rows
        if rows.images[0].shape[2] == most
        else dataclasses.replace(rows, images=[np.repeat(x, most, 2) for x in rows.images])
        for name, rows in parts.items()
    }


def _read_labels(folder, config, shape):
    size = shape[:2] if shape else (config.image_size, config.image_size)
    images, labels, places, bad, stray = [], [], [], [], []
    for path in files.walk(folder, SUFFIXES):
        if path.is_dir():
            continue
        if path.parent == folder:
            stray.append(path.name)
            continue
        try:
            images.append(decode(path.read_bytes(), size))
        except BadPicture as error:
            bad.append((str(path.relative_to(folder)), str(error)))
        except OSError as error:
            bad.append((str(path.relative_to(folder)), f"cannot be read ({error.strerror})"))
        else:
            labels.append(path.relative_to(folder).parts[0])
            places.append(str(path))
    files.report(folder, bad, len(images) + len(bad), config.bad_share, "picture")
    if not images:
        raise UserError(
            f"The folder {folder} has neither idx files nor folders of pictures, one for each "
            "label with that name."
        )
    if stray:
        tell(
            f"Left out {len(stray):,} pictures beside the folders of labels in {folder}, the first "
            f"is {stray[0]}."
        )
    grey = all((x[..., :1] == x).all() for x in images)
    channels = {"auto": 1 if grey else 3, "grey": 1, "rgb": 3}[config.colours]
    channels = shape[2] if shape else channels
    return Rows.of_pictures([_channels(x, channels) for x in images], labels, places)


def _channels(image, channels):
    """An `(H, W, 3)` picture with so many channels; grey is the luma of television."""
    if channels == 3:
        return image
    grey = image.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.round(grey).astype(np.uint8)[..., None]
