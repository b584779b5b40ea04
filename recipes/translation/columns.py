"""Columns of a TSV file: the two with sentences among numbers, names of files and licences."""

import collections
import re

from recipes.common import report
from recipes.common.errors import UserError
from recipes.common.terminal import tell

# Rows that are looked at, evenly spread, and the share of them by which a column is known.
LOOKED_AT = 1_000
MOST = 0.9
FEW_VALUES = 0.05  # distinct ones per row; sentences repeat less
ADDRESS = re.compile(r"(https?://|www\.)\S+$")
LICENCE = re.compile(r"CC[ -]?(0|BY)\b|.*\b(Attribution:|licen[cs]e)", re.IGNORECASE)
IDENTIFIER = re.compile(r"(?=\S*\d)[!-~]+$")  # ASCII without a space, with a digit
SHOWN = 30  # characters of an example in messages


def chosen(path, rows, asked=(0, 0)):
    """The numbers of the columns of sources and targets, from 0.

    A file of two columns has the one and the other, in this order. Of more, those are told from
    sentences that have identifiers, addresses, licences, few values or nothing in most rows.

    Args:
        path: The file, for messages.
        rows: Lists of fields.
        asked: The numbers that the settings give, from 1, or zeros.

    Raises:
        UserError: If the file has no such columns, or not just two of sentences.
    """
    width = collections.Counter(map(len, rows)).most_common(1)[0][0]
    if any(asked) and (max(asked) <= width or width != 2):
        if max(asked) > width:
            raise UserError(
                f"The file {path} has {width} columns; --source-column and --target-column name "
                f"{asked[0]} and {asked[1]}."
            )
        return asked[0] - 1, asked[1] - 1
    if width <= 2:
        return 0, 1
    looked_at = rows[:: -(-len(rows) // LOOKED_AT)]
    columns = [[row[i].strip() for row in looked_at if len(row) == width] for i in range(width)]
    kinds = [_kind(column) for column in columns]
    texts = [i for i, kind in enumerate(kinds) if not kind]
    if len(texts) == 2:
        source, target = texts
        others = ", ".join(f"{i + 1} {kind}" for i, kind in enumerate(kinds) if kind)
        tell(
            f"{path}: sources in column {source + 1}, targets in column {target + 1}; not used: "
            f"{others}. Others can be named with --source-column and --target-column."
        )
        return source, target
    examples = ", ".join(f"{i + 1} {_example(column)}" for i, column in enumerate(columns))
    raise UserError(
        f"The file {path} has {width} columns ({examples}); say which two to use, as in "
        "--source-column 1 --target-column 2."
    )


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
