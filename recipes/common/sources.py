"""One way in for data: an embedded set, a catalogue name or files become three splits."""

import dataclasses
import hashlib

from recipes.common import catalog, files
from recipes.common.errors import UserError
from recipes.common.terminal import say


@dataclasses.dataclass(frozen=True)
class Split:
    """Texts with their labels, and where each stands, for messages."""

    texts: list[str]
    labels: list[str]
    places: list[str]

    def __len__(self):
        return len(self.texts)


def load(config, columns, header=""):
    """The splits `train`, `validation` and `test` named by a configuration.

    What the source does not name is split off by distinct text, so duplicates never straddle; a
    training text that also stands in another part is dropped from the training.

    Args:
        config: `data`, `validation`, `test`, `holdout`, the shares and `data_dir` count.
        columns: Names of the text column and the label column of files.
        header: Names of all columns of files without a header line.

    Returns:
        A dict of `Split` by name, and the SHA-256 of everything in it.

    Raises:
        UserError: If a source is unusable, or a part comes out empty or with one label only.
    """
    parts = {}
    if files.looks_like_file(config.data):
        parts["train"] = _read_file(config.data, config, columns, header)
    else:
        tables = catalog.read_table(config.data, config.data_dir)
        for name, rows in tables.items():
            if rows:
                parts[name] = _split(config.data, rows)
        if "test" not in parts and "validation" in parts:
            parts["test"] = parts.pop("validation")
        parts = {name: parts[name] for name in ("train", "validation", "test") if name in parts}
        if "train" not in parts:
            raise UserError(f"--data {config.data} has no labelled training part.")
    for name in ("validation", "test"):
        if path := getattr(config, name):
            parts[name] = _read_file(path, config, columns, header)
    for name, share in (("test", config.test_share), ("validation", config.validation_share)):
        if name not in parts:
            # For the validation, the last of a file says nothing more than a hash does.
            by = config.holdout if name == "test" else "hash"
            parts["train"], parts[name] = _split_off(parts["train"], share, by)
    parts["train"] = _without(parts["train"], {*parts["validation"].texts, *parts["test"].texts})
    parts["validation"] = _without(parts["validation"], set(parts["test"].texts))
    parts = {name: parts[name] for name in ("train", "validation", "test")}
    _check(config, parts)
    return parts, digest(parts)


def load_one(data, config, columns, header=""):
    """One part to measure on: a file, or the test part of a catalogue name."""
    if files.looks_like_file(data):
        return _read_file(data, config, columns, header)
    tables = catalog.read_table(data, config.data_dir)
    for name in ("test", "validation", "train"):
        if tables.get(name):
            return _split(data, tables[name])
    raise UserError(f"--data {data} has no labelled examples.")


def _read_file(path, config, columns, header):
    rows, skipped = files.read_table(path, columns, header, config.bad_share)
    if skipped:
        say(skipped)
    return _split(path, rows, "line")


def _split(source, rows, unit="example"):
    return Split(
        [text for _, text, _ in rows],
        [label for _, _, label in rows],
        [f"{source}, {unit} {number}" for number, _, _ in rows],
    )


def _take(split, indices):
    return Split(
        [split.texts[i] for i in indices],
        [split.labels[i] for i in indices],
        [split.places[i] for i in indices],
    )


def _split_off(split, share, by):
    """The rest and the part split off, both in the order of the source.

    Labels of which nothing would be left for the training stay there altogether.
    """
    distinct = list(dict.fromkeys(split.texts))
    if by == "hash":
        distinct.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
    count = max(1, round(share * len(distinct)))
    chosen = set(distinct[-count:])
    labelled = list(zip(split.texts, split.labels, strict=True))
    left = {label for text, label in labelled if text not in chosen}
    chosen -= {text for text, label in labelled if label not in left}
    inside = [i for i, text in enumerate(split.texts) if text in chosen]
    outside = [i for i, text in enumerate(split.texts) if text not in chosen]
    return _take(split, outside), _take(split, inside)


def _without(split, texts):
    kept = [i for i, text in enumerate(split.texts) if text not in texts]
    if len(kept) < len(split):
        say(f"Left out {len(split) - len(kept)} examples whose text stands in a later part too.")
        return _take(split, kept)
    return split


def _check(config, parts):
    for name, split in parts.items():
        if not len(split):
            raise UserError(
                f"--data {config.data} has too few distinct examples: none is left for {name}."
            )
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


def digest(parts):
    """SHA-256 over the texts and labels of all parts, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in sorted(parts):
        for text, label in zip(parts[name].texts, parts[name].labels, strict=True):
            total.update(f"{name}\0{label}\0{text}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()
