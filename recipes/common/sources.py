"""One way in for data: an embedded set, a catalogue name or files become three splits."""

import dataclasses
import hashlib

from recipes.common import catalog, files
from recipes.common.errors import UserError
from recipes.common.terminal import say

PARTS = ("train", "validation", "test")


class Rows:
    """Columns of a part: the text that decides where a row goes, what belongs to it, its place."""

    @classmethod
    def of(cls, source, rows, unit="example"):
        """From a list of `(number, text, what belongs to it)`, numbered in units of the source."""
        places = [f"{source}, {unit} {number}" for number, _, _ in rows]
        return cls([text for _, text, _ in rows], [other for _, _, other in rows], places)

    @property
    def columns(self):
        """The lists, in the order of the fields."""
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    def __len__(self):
        return len(self.columns[0])

    def take(self, indices):
        """The rows of these numbers."""
        return type(self)(*([column[i] for i in indices] for column in self.columns))

    def join(self, other):
        """These rows and then those of another part."""
        pairs = zip(self.columns, other.columns, strict=True)
        return type(self)(*([*mine, *others] for mine, others in pairs))

    def evenly(self, count):
        """So many of the rows at most, evenly spread."""
        if len(self) <= count:
            return self
        return self.take([i * len(self) // count for i in range(count)])

    def divide(self, texts):
        """The rows with other texts, and those with these."""
        where = [[], []]
        for i, text in enumerate(self.columns[0]):
            where[text in texts].append(i)
        return self.take(where[0]), self.take(where[1])


@dataclasses.dataclass(frozen=True)
class Split(Rows):
    """Texts with their labels, and where each stands, for messages."""

    texts: list[str]
    labels: list[str]
    places: list[str]


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

    def read(path):
        return _read_file(path, config, columns, header)

    if files.looks_like_file(config.data):
        parts = {"train": read(config.data)}
    else:
        tables = catalog.read_table(config.data, config.data_dir)
        parts = {name: Split.of(config.data, tables[name]) for name in PARTS if tables.get(name)}
        if "train" not in parts:
            raise UserError(f"--data {config.data} has no labelled training part.")
    parts = complete(parts, config, read, _split_off)
    _check(config, parts)
    return parts, digest(parts)


def load_one(data, config, columns, header=""):
    """One part to measure on: a file, or the test part of a catalogue name."""
    if files.looks_like_file(data):
        return _read_file(data, config, columns, header)
    tables = catalog.read_table(data, config.data_dir)
    for name in ("test", "validation", "train"):
        if tables.get(name):
            return Split.of(data, tables[name])
    raise UserError(f"--data {data} has no labelled examples.")


def _read_file(path, config, columns, header):
    rows, skipped = files.read_table(path, columns, header, config.bad_share)
    if skipped:
        say(skipped)
    return Split.of(path, rows, "line")


def complete(parts, config, read, split_off):
    """Read or split off the parts that are missing; what a later part has leaves the earlier.

    Args:
        parts: A dict of `Rows` with at least `train`: what `config.data` has.
        config: `validation`, `test`, `holdout` and the shares count.
        read: `read(path)` gives the part that `validation` or `test` names.
        split_off: `split_off(part, share, by)` gives the rest and the part split off.

    Returns:
        The dict with `train`, `validation` and `test`, then any other parts.

    Raises:
        UserError: If a part comes out empty.
    """
    if "validation" in parts and not ("test" in parts or config.test):
        parts["test"] = parts.pop("validation")
    for name in ("validation", "test"):
        if path := getattr(config, name):
            parts[name] = read(path)
    for name, share in (("test", config.test_share), ("validation", config.validation_share)):
        if name not in parts:
            # For the validation, the last of a file says nothing more than a hash does.
            by = config.holdout if name == "test" else "hash"
            parts["train"], parts[name] = split_off(parts["train"], share, by)
    names = [*PARTS, *(name for name in parts if name not in PARTS)]
    later = set()
    for name in reversed(names):
        whole, (parts[name], left_out) = parts[name], parts[name].divide(later)
        later.update(whole.columns[0])
        if len(left_out):
            say(f"Left out {len(left_out)} examples whose text stands in a later part too.")
        if not len(parts[name]):
            raise UserError(
                f"--data {config.data} has too few distinct examples: none is left for {name}."
            )
    return {name: parts[name] for name in names}


def held_out(texts, share, by):
    """The texts that make up a share of the distinct ones: by their hash, or the last ones."""
    distinct = list(dict.fromkeys(texts))
    if by == "hash":
        distinct.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
    return set(distinct[-max(1, round(share * len(distinct))) :])


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


def digest(parts):
    """SHA-256 over all parts, their places excepted, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in sorted(parts):
        for text, other in zip(*parts[name].columns[:2], strict=True):
            total.update(f"{name}\0{other}\0{text}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()
