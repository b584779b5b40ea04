"""Training, validation and test parts: read or split off, without a text in two of them."""

import dataclasses
import hashlib

from recipes.common.errors import UserError
from recipes.common.terminal import tell

PARTS = ("train", "validation", "test")


class Rows:
    """A part as columns of equal length; a recipe's part is a dataclass of lists.

    `KEY` names the column of the texts or pictures themselves, by which rows are divided among
    parts, `PAYLOAD` that of what belongs to them, and `places` the source and number of each row.
    """

    KEY = PAYLOAD = ""

    @classmethod
    def of(cls, source, rows, unit="example"):
        """From a list of `(number, key, payload)`, numbered in units of the source."""
        columns = {
            cls.KEY: [key for _, key, _ in rows],
            cls.PAYLOAD: [payload for _, _, payload in rows],
            "places": [f"{source}, {unit} {number}" for number, _, _ in rows],
        }
        return cls(**columns)

    @property
    def key(self):
        """The column that decides to which part a row goes."""
        return getattr(self, self.KEY)

    @property
    def payload(self):
        """The column of what belongs to the keys."""
        return getattr(self, self.PAYLOAD)

    @property
    def columns(self):
        """The lists by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __len__(self):
        return len(self.key)

    def take(self, indices):
        """The rows of these numbers."""
        taken = {name: [column[i] for i in indices] for name, column in self.columns.items()}
        return type(self)(**taken)

    def join(self, other):
        """These rows and then those of another part."""
        others = other.columns
        joined = {name: [*column, *others[name]] for name, column in self.columns.items()}
        return type(self)(**joined)

    def evenly(self, count):
        """So many of the rows at most, evenly spread."""
        if len(self) <= count:
            return self
        return self.take([i * len(self) // count for i in range(count)])

    def sample(self, count):
        """So many of the rows at most, chosen by a hash and in their order; all for 0."""
        if not count or len(self) <= count:
            return self
        ranks = [hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest() for key in self.key]
        return self.take(sorted(sorted(range(len(self)), key=ranks.__getitem__)[:count]))

    def divide(self, keys):
        """The rows with other keys, and those with these."""
        where = [[], []]
        for i, key in enumerate(self.key):
            where[key in keys].append(i)
        return self.take(where[0]), self.take(where[1])


def complete(parts, config, read, split_off):
    """Read or split off the parts that are missing; what a later part has leaves the earlier.

    Args:
        parts: A dict of `Rows` with at least `train`: what `config.data` has.
        config: `validation`, `test`, `holdout`, the shares and `limit` count.
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
        later.update(whole.key)
        if len(left_out):
            tell(f"Left out {len(left_out)} examples whose text is in a later part too.")
        if not len(parts[name]):
            raise UserError(
                f"--data {config.data} has too few distinct examples: none is left for {name}."
            )
    return {name: parts[name].sample(config.limit) for name in names}


def to_measure_on(parts):
    """The test part of a set, else its validation or training part; None if all are empty."""
    return next((parts[name] for name in reversed(PARTS) if parts.get(name)), None)


def held_out(texts, share, by):
    """The texts that make up a share of the distinct ones: by their hash, or the last ones."""
    distinct = list(dict.fromkeys(texts))
    if by == "hash":
        distinct.sort(key=lambda text: hashlib.sha256(text.encode()).digest())
    return set(distinct[-max(1, round(share * len(distinct))) :])


def digest(parts):
    """SHA-256 over all parts, their places excepted, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in sorted(parts):
        for key, payload in zip(parts[name].key, parts[name].payload, strict=True):
            total.update(f"{name}\0{payload}\0{key}\0".encode("utf-8", "surrogatepass"))
    return total.hexdigest()
