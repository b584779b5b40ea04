"""Texts with labels from files, folders, an embedded set or the catalogue."""

import dataclasses
import os

from recipes.common.data import files
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.data.splits import PARTS, Rows, complete, digest, held_out, to_measure_on
from recipes.common.errors import UserError
from recipes.sentiment import folders, tables
from recipes.sentiment.renaming import check_used, rename, renames


@dataclasses.dataclass(frozen=True)
class Split(Rows):
    """Texts with their labels, and where each stands, for messages."""

    KEY, PAYLOAD = "texts", "labels"

    texts: list[str]
    labels: list[str]
    places: list[str]


def load(config):
    """The splits `train`, `validation` and `test` named by a configuration.

    What the source does not name is split off by distinct text, so duplicates never straddle; a
    training text that also stands in another part is dropped from the training.

    Args:
        config: The settings; those of data and files count.

    Returns:
        `parts, sha256, names`: a dict of `Split` by name, the SHA-256 of everything in it, and the
        names of the columns of texts and labels in the file that `data` names, or None.

    Raises:
        UserError: If a source is unusable, or a part comes out empty or with one label only.
    """
    form, mapping = tables.Form.of(config), renames(config.labels)
    parts, names = _read(config.data, config, form)
    if "train" not in parts:
        raise UserError(f"--data {config.data} has no labelled training part.")
    check_used((label for part in parts.values() for label in part.labels), mapping, config.data)
    parts = {name: _renamed(part, mapping) for name, part in parts.items()}

    def read(data):
        return load_one(data, config, form)

    parts = complete(parts, config, read, _split_off)
    _check(config, parts)
    return parts, digest(parts), names


def load_one(data, config, form):
    """One part to measure on: files, or the test part of a folder or of a catalogue name.

    Args:
        data: What names it.
        config: The settings; the names of labels and the folder of prepared sets count.
        form: The `tables.Form` of files.
    """
    parts, _ = _read(data, config, form)
    if split := to_measure_on(parts):
        return _renamed(split, renames(config.labels))
    raise UserError(f"--data {data} has no labelled examples.")


def _read(data, config, form):
    """The parts of what a name stands for, and the names of the columns in a file."""
    if paths := folders.files_of_labels(data):
        return {"train": _placed(folders.read_files(paths, form))}, None
    if os.path.isdir(data):
        parts = folders.parts_of(data, form)
        return {name: _placed(parts[name]) for name in PARTS if parts.get(name)}, None
    if files.looks_like_file(data):
        rows, names = tables.read(data, form)
        return {"train": Split.of(data, rows, "line")}, names
    found = labelled_texts(data, config.data_dir)
    return {name: Split.of(data, found[name]) for name in PARTS if found.get(name)}, None


def _placed(rows):
    places, texts, labels = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    return Split(texts, labels, places)


def _renamed(split, mapping):
    return dataclasses.replace(split, labels=rename(split.labels, split.places, mapping))


def _split_off(split, share, by):
    """The rest and the part split off, both in the order of the source.

    Labels of which nothing would be left for the training stay there altogether.
    """
    chosen = held_out(split.texts, share, by)
    labelled = list(zip(split.texts, split.labels, strict=True))
    left = {label for text, label in labelled if text not in chosen}
    chosen -= {text for text, label in labelled if label not in left}
    return split.divide(chosen)


def _check(config, parts):
    labels = set(parts["train"].labels)
    if len(labels) < 2:
        raise UserError(
            f"--data {config.data} has the single label {min(labels)!r} in its training part; "
            "a classifier needs two or more."
        )
    for name in ("validation", "test"):
        check_labels(parts[name], labels)


def check_labels(split, known):
    """Refuse labels that the training did not have.

    Raises:
        UserError: Naming the first such row.
    """
    for label, place in zip(split.labels, split.places, strict=True):
        if label not in known:
            raise UserError(
                f"{place} has the label {label!r}, which the training part does not have (it has "
                f"{', '.join(repr(name) for name in sorted(known)[:10])})."
            )


def labelled_texts(name, data_dir=""):
    """The texts and labels of a data set, split by split.

    Args:
        name: `"imdb_reviews"`, `"glue/sst2"`, an embedded set ...
        data_dir: Folder of prepared data sets, theirs by default.

    Returns:
        A dict from the name of a split to a list of `(number, text, label)`, numbers from 1 and
        labels by name. Unlabelled examples are left out.

    Raises:
        UserError: If no set has that name, it has no text and label, or it is neither on the disk
            nor within reach.
    """
    builder = builder_of(name, data_dir)
    text_key, label_key = _keys(name, builder.info.features)
    names = builder.info.features[label_key].names
    tables = {}
    for split, examples in as_numpy(builder, name).items():
        rows = []
        for batch in examples:
            for text, label in zip(batch[text_key], batch[label_key], strict=True):
                if label >= 0:
                    rows.append((len(rows) + 1, text.decode("utf-8").strip(), names[label]))
        tables[split] = [row for row in rows if row[1]]
    return tables


def _keys(name, features):
    import tensorflow_datasets as tfds

    text = [key for key, value in features.items() if isinstance(value, tfds.features.Text)]
    label = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    if not text or not label:
        raise UserError(
            f"--data {name} has no text with a class label; it has {', '.join(features)}."
        )
    return text[0], label[0]
