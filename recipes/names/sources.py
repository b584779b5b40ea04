"""Names from a file, the embedded list or the catalogue; each once."""

import dataclasses
import pathlib
import unicodedata

from recipes.common import inputs
from recipes.common.data import files
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.data.splits import PARTS, Rows, complete, digest, held_out, to_measure_on
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text.normalisation import normalised

TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
LOOKED_AT = 50  # lines by which a table is told


@dataclasses.dataclass(frozen=True)
class Split(Rows):
    """Names as the network reads them and as the list has them, and where each stands."""

    KEY, PAYLOAD = "names", "written"

    names: list[str]
    written: list[str]
    places: list[str]


def load(config):
    """The splits `train`, `validation` and `test` named by a configuration.

    What the source does not name is split off by distinct name, so duplicates never straddle.

    Returns:
        `parts, sha256`: a dict of `Split` by name, and the SHA-256 of everything in it.

    Raises:
        UserError: If a source is unusable, or a part comes out empty.
    """
    parts = _read(config.data, config)
    if "train" not in parts:
        raise UserError(f"--data {config.data} has no training part.")

    def split_off(split, share, by):
        return split.divide(held_out(split.names, share, by))

    parts = complete(parts, config, lambda data: load_one(data, config), split_off)
    return parts, digest(parts)


def load_one(data, config):
    """One part to measure on: a file, or the test part of a catalogue name."""
    if split := to_measure_on(_read(data, config)):
        return split
    raise UserError(f"--data {data} has no names.")


def are_capitalised(names):
    """True if most names begin with a capital letter."""
    return sum(name[:1] != name[:1].lower() for name in names) * 2 > len(names)


def capitalised(name):
    """A name with a capital at the beginning of each of its words."""
    letters, inside = [], False
    for letter in name:
        letters.append(letter if inside else letter.upper() if letter != "ß" else letter)
        # Marks that combine belong to the letter before them.
        inside = letter.isalnum() or (inside and unicodedata.combining(letter) > 0)
    return "".join(letters)


def _read(data, config):
    if files.looks_like_file(data):
        return {"train": _distinct(data, _rows(data, config), config, "line")}
    return {
        part: _distinct(data, rows, config, "example")
        for part, rows in _of_catalogue(data, config.data_dir).items()
        if part in PARTS
    }


def _rows(path, config):
    """`(number, name)` of what a file has, blank lines left out."""
    suffix = pathlib.Path(path.lower().removesuffix(".gz")).suffix
    if config.column or suffix in TABLES:
        files.read_text(path, "a name in each row", config.encoding)  # whose messages say more
        texts = inputs.column(path, config.column, "name", config.encoding)
    else:
        text = files.read_text(path, "a name on each line", config.encoding)
        texts = text.splitlines()
        _warn_of_tables(path, texts)
    return [(number, text) for number, text in enumerate(texts, 1) if text.strip()]


def _warn_of_tables(path, lines):
    lines = [line for line in lines if line.strip()][:LOOKED_AT]
    for mark, name in (("\t", "a tab"), (",", "a comma"), (";", "a semicolon")):
        widths = {line.count(mark) for line in lines}
        if len(lines) > 1 and len(widths) == 1 and widths != {0}:
            tell(
                f"Each line of {path} has {name}, which is taken for a part of the name; "
                "--column 1 takes the first column of a table."
            )
            return


def _of_catalogue(name, data_dir):
    builder = builder_of(name, data_dir)
    if "name" not in builder.info.features:
        raise UserError(
            f"--data {name} has no feature 'name'; it has {', '.join(builder.info.features)}."
        )
    parts = {}
    for part, batches in as_numpy(builder, name).items():
        names = [text.decode("utf-8") for batch in batches for text in batch["name"]]
        parts[part] = list(enumerate(names, 1))
    return parts


def _distinct(source, rows, config, unit):
    """The usable names, each once, as a `Split`; the others are counted and told."""
    found, bad, repeated = {}, [], 0
    for number, text in rows:
        name = normalised(text, config.lowercase)
        if fault := _fault(name, config.max_length):
            bad.append((number, fault))
        elif name in found:
            repeated += 1
        else:
            found[name] = (number, name, normalised(text, lowercase=False))
    files.report(source, bad, len(rows), config.bad_share, unit)
    if repeated:
        tell(f"{source}: {len(found):,} distinct names; {repeated:,} repeat one and count once.")
    return Split.of(source, list(found.values()), unit)


def _fault(name, longest):
    if len(name) > longest:
        return f"has {len(name)} characters, more than --max-length {longest}"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "has a control character"
    shows = any(unicodedata.category(character)[0] not in "CMZ" for character in name)
    return "" if shows else "has no character that shows"
