"""Columns of a file: the two with sentences among numbers, names of files and licences."""

import collections
import re

from recipes.common import report
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.translation.tables import SOURCES, TARGETS

# Rows that are looked at, evenly spread, and the share of them by which a column is known.
LOOKED_AT = 1_000
MOST = 0.9
FEW_VALUES = 0.05  # distinct ones per row; sentences repeat less
ADDRESS = re.compile(r"(https?://|www\.)\S+$")
LICENCE = re.compile(r"CC[ -]?(0|BY)\b|.*\b(Attribution:|licen[cs]e)", re.IGNORECASE)
IDENTIFIER = re.compile(r"(?=\S*\d)[!-~]+$")  # ASCII without a space, with a digit
SHOWN = 30  # characters of an example in messages
ORDINALS = ("first", "second")


def chosen(path, table, asked=(0, 0)):
    """The numbers of the columns of sources and targets, from 0.

    A file of two columns has the one and the other, in this order unless their names tell another.
    Of more, those are told from sentences that have identifiers, addresses, licences, few values or
    nothing in most rows.

    Args:
        path: The file, for messages.
        table: The `tables.Table`.
        asked: The names, or the numbers from 1, that the settings give, or zeros.

    Raises:
        UserError: If the file has no such columns, or not just two of sentences.
    """
    rows = [fields for _, fields in table.rows]
    width = collections.Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    if any(asked) and not _is_plain_pair(table, width, asked):
        return tuple(_place(path, table, width, name, asked) for name in asked)
    if width <= 2:
        return _in_order(table.names, 0, 1)
    looked_at = rows[:: -(-len(rows) // LOOKED_AT)]
    columns = [
        [(row[i] or "").strip() for row in looked_at if len(row) == width] for i in range(width)
    ]
    kinds = [_kind(column) for column in columns]
    texts = [i for i, kind in enumerate(kinds) if not kind]
    if len(texts) != 2:
        texts = _by_names(table.names) or texts
    if len(texts) == 2:
        source, target = _in_order(table.names, *texts)
        others = ", ".join(
            f"{_shown(table, i)} {kind}".rstrip() for i, kind in enumerate(kinds) if i not in texts
        )
        tell(
            f"{path}: sources in column {_shown(table, source)}, targets in column "
            f"{_shown(table, target)}; not used: {others}. Others can be named with "
            "--source-column and --target-column."
        )
        return source, target
    examples = ", ".join(
        f"{_shown(table, i)} {_example(column)}" for i, column in enumerate(columns)
    )
    raise UserError(
        f"The file {path} has {width} columns ({examples}); say which two to use, as in "
        f"--source-column {_shown(table, 0)} --target-column {_shown(table, 1)}."
    )


def name_of(table, column):
    """A column for messages on a row, from 0."""
    if table.names:
        return f"its column {table.names[column]!r}"
    return f"its {ORDINALS[column]} column" if column < 2 else f"its column {column + 1}"


def _is_plain_pair(table, width, asked):
    """True if settings for a wider file meet one of two columns, which are the two.

    So a run on a file with more columns is measured on a plain file of pairs.
    """
    if width != 2:
        return False
    if not table.names:
        return any(isinstance(name, str) or name > width for name in asked)
    return any(isinstance(name, int) and name > width for name in asked)


def _place(path, table, width, name, asked):
    """The number of a column that settings name, from 0."""
    if isinstance(name, str):
        alike = [i for i, known in enumerate(table.names) if known.rpartition(".")[2] == name]
        if name in table.names:
            return table.names.index(name)
        if len(alike) == 1:
            return alike[0]
        if not name.isdigit():
            has = ", ".join(table.names) or "no names in its first line"
            raise UserError(f"The file {path} has no column {name!r} (it has {has}).")
        name = int(name)
    if name > width:
        raise UserError(
            f"The file {path} has {width} columns; --source-column and --target-column name "
            f"{asked[0]} and {asked[1]}."
        )
    return name - 1


def _last(name):
    """The last part of a name, in lower case."""
    return name.lower().rpartition(".")[2]


def _by_names(names):
    """The columns that are named as sources and targets, if there is one of each."""
    found = [
        [i for i, name in enumerate(names) if _last(name) in usual] for usual in (SOURCES, TARGETS)
    ]
    return [found[0][0], found[1][0]] if all(len(columns) == 1 for columns in found) else []


def _in_order(names, first, second):
    """Two columns, the one that is named as source first."""
    if names and (_last(names[first]) in TARGETS or _last(names[second]) in SOURCES):
        return second, first
    return first, second


def _shown(table, column):
    """A column as an option names it: by its name, or by its number from 1."""
    return table.names[column] if table.names else column + 1


def _kind(values):
    """The kind of a column without sentences, in brackets; empty for sentences."""
    filled = [value for value in values if value]

    def mostly(test):
        return sum(map(bool, map(test, filled))) >= MOST * len(filled)

    if len(filled) <= (1 - MOST) * len(values):
        return "(empty)"
    if mostly(lambda value: not any(map(str.isalpha, value))):
        return "(numbers)"
    if mostly(ADDRESS.match):
        return "(addresses)"
    if mostly(LICENCE.match):
        return "(licences)"
    if mostly(IDENTIFIER.match):
        return "(identifiers)"
    if len(set(filled)) <= max(1, FEW_VALUES * len(filled)) and len(filled) > 1:
        return "(few values)"
    return ""


def _example(values):
    first = next(filter(None, values), "")
    return repr(report.shorten(first, SHOWN))
