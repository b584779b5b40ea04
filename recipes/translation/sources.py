"""Sentence pairs from a table, two parallel files, an embedded set or the catalogue."""

import dataclasses
import os

from recipes.common.data import files, splits
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.translation import columns, tables

# Words; a longer line is no sentence but a document, or a file with other line ends.
LONGEST_LINE = 1_000


@dataclasses.dataclass(frozen=True)
class Pairs(splits.Rows):
    """Sentences with their translations, and the place of each pair for messages."""

    KEY, PAYLOAD = "sources", "targets"

    sources: list[str]
    targets: list[str]
    places: list[str]


def load(config):
    """The parts `train`, `validation` and `test` named by a configuration, and any more of a set.

    What the data does not name is split off by distinct source sentence, so duplicates never
    straddle; a pair whose source is also in a later part is dropped from the earlier one.

    Args:
        config: `data`, `validation`, `test`, `reverse`, `holdout`, the shares, the columns and
            `data_dir` count.

    Returns:
        A dict of `Pairs` by name, and the SHA-256 of everything in it.

    Raises:
        UserError: If the data is unusable, or a part comes out empty.
    """
    _refuse_repeated_files(config)
    if files_of(config.data):
        parts = {"train": _read_files(config.data, config)}
    else:
        parts = _read_set(config.data, config)
        if "train" not in parts:
            raise UserError(f"--data {config.data} has no training part.")
    parts = splits.complete(parts, config, lambda data: _read_files(data, config), _split_off)
    return parts, splits.digest(parts)


def load_one(data, config):
    """One part to measure on: files, or the test part of a set.

    Raises:
        UserError: If the data is unusable.
    """
    if files_of(data):
        return _read_files(data, config)
    if part := splits.to_measure_on(_read_set(data, config)):
        return part
    raise UserError(f"--data {data} has no pairs.")


def files_of(data):
    """The files that a `--data` value names: one, two, or none if it names a set.

    Raises:
        UserError: If there is a comma and not one name on each side of it.
    """
    if "," not in data or files.exists(data):
        return [data] if files.looks_like_file(data) else []
    paths = [path.strip() for path in data.split(",")]
    if len(paths) != 2 or not all(paths):
        raise UserError(
            f"{data} names {len(list(filter(None, paths)))} file(s); give one TSV file, or two "
            "parallel ones as in train.de,train.en."
        )
    return paths


def _refuse_repeated_files(config):
    seen = {}
    for name in ("data", "validation", "test"):
        value = getattr(config, name)
        for path in files_of(value) if value else []:
            here = os.path.realpath(path)
            if here in seen:
                options = dict.fromkeys([f"--{seen[here]}", f"--{name}"])
                raise UserError(
                    f"The file {path} is named twice ({' and '.join(options)}); each part and each "
                    "language needs its own."
                )
            seen[here] = name


def _read_files(data, config):
    paths = files_of(data) or [data]
    if len(paths) == 1:
        return _read_table(paths[0], config)
    lines = [
        tables.lines(files.read_text(path, "a sentence on each line", config.encoding))
        for path in paths
    ]
    first, second = map(len, lines)
    if first != second:
        raise UserError(
            f"{paths[0]} has {first:,} lines and {paths[1]} has {second:,}; each line of one "
            "must be the translation of the same line of the other."
        )
    rows = list(zip(range(1, first + 1), *lines, strict=True))
    # A pair of lines is in both files; the first says enough.
    return _pairs(" and ".join(paths), paths[0], rows, paths, config, "line")


def _read_table(path, config):
    """The pairs of a file of pairs."""
    asked = (config.source_column, config.target_column)
    table = tables.read(path, config.encoding, asked)
    if all(len(fields) == 1 for _, fields in table.rows):
        raise UserError(
            f"The file {path} has one column (no {table.between} in any {table.unit}); write each "
            "pair as source, tab, target, or name two parallel files as in --data "
            "train.de,train.en."
        )
    places = columns.chosen(path, table, asked)
    where = [columns.name_of(table, i) for i in places]
    rows = [
        (number, *(fields[i] if i < len(fields) else None for i in places))
        for number, fields in table.rows
    ]
    return _pairs(path, path, rows, where, config, table.unit)


def _read_set(name, config):
    tables = read_pairs(name, config.data_dir)
    where = ("its first text", "its second text")
    return {
        split: _pairs(f"{name} ({split})", name, rows, where, config, "example")
        for split, rows in tables.items()
        if rows
    }


def _pairs(source, shown, rows, where, config, unit):
    """The usable rows as `Pairs`.

    Args:
        source: What the rows come from.
        shown: What the places name.
        rows: A list of `(number, source, target)`.
        where: Names of the two sides, for messages.
        config: `bad_share` and `reverse` count.
        unit: What the numbers count.
    """
    good, bad = [], []
    for number, *sides in rows:
        faults = [_fault(side, name) for side, name in zip(sides, where, strict=True)]
        if any(faults):
            bad.append((number, " and ".join(filter(None, faults))))
        else:
            good.append((number, *(side.strip() for side in sides)))
    if skipped := files.judge(source, bad, len(rows), config.bad_share, unit):
        tell(skipped)
    if config.reverse:
        good = [(number, target, source) for number, source, target in good]
    return Pairs.of(shown, good, unit)


def _fault(text, where):
    if text is None:
        return f"lacks {where}"
    if not text.strip():
        return f"is empty in {where}"
    if "\0" in text:
        return f"has a NUL byte in {where}"
    words = len(text.split())
    if words > LONGEST_LINE:
        return f"has {words:,} words in {where} (at most {LONGEST_LINE:,} are used)"
    return ""


def _split_off(pairs, share, by):
    """The rest and the part split off, both in the order of the data."""
    return pairs.divide(splits.held_out(pairs.sources, share, by))


def read_pairs(name, data_dir=""):
    """The pairs of texts of a data set, split by split.

    Args:
        name: `"ted_hrlr_translate/pt_to_en"`, an embedded set ...
        data_dir: Folder of prepared data sets, theirs by default.

    Returns:
        A dict from the name of a split to a list of `(number, source, target)`, numbers from 1.

    Raises:
        UserError: If no set has that name, it has no pairs of texts, or it is neither on the disk
            nor within reach.
    """
    builder = builder_of(name, data_dir)
    within, *keys = _pair_keys(name, builder.info)
    tables = {}
    for split, examples in as_numpy(builder, name).items():
        rows = []
        for batch in examples:
            columns = [(batch[within] if within else batch)[key] for key in keys]
            for pair in zip(*columns, strict=True):
                rows.append((len(rows) + 1, *(text.decode("utf-8").strip() for text in pair)))
        tables[split] = rows
    return tables


def _pair_keys(name, info):
    """The feature that holds the pair, None if there is none, and the keys of its two texts."""
    import tensorflow_datasets as tfds

    features = dict(info.features.items())
    texts = [key for key, value in features.items() if isinstance(value, tfds.features.Text)]
    supervised = info.supervised_keys or ()
    if len(supervised) == 2 and all(key in texts for key in supervised):
        return None, *supervised
    for within, nested in ((None, info.features), *features.items()):
        if isinstance(nested, tfds.features.Translation) and len(nested) == 2:
            return within, *nested
    raise UserError(f"--data {name} has no pairs of texts; it has {', '.join(features)}.")
