"""Texts in a column of a table: CSV, TSV and JSON lines, each row a document."""

import csv
import io
import json
import pathlib
import re
import sys

from recipes.common import inputs
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import MARKUP

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
BREAKS = re.compile(rf"\s*(?:{MARKUP.pattern}\s*)+", MARKUP.flags)
LONGEST_NAME = 40  # of a column


def is_table(path):
    """True if the name of a file is that of a table."""
    return suffix(path) in SUFFIXES


def suffix(path):
    """The suffix of a path, that of compression left out."""
    return pathlib.Path(str(path).lower().removesuffix(".gz")).suffix


def read(path, config):
    """The texts of a table.

    Line breaks of web pages become line breaks.

    Args:
        path: The file, `.gz` or not.
        config: `text_column`, `header`, `encoding` and `bad_share` count.

    Returns:
        A list of `(line number, text)`.

    Raises:
        UserError: If the file is missing, empty, damaged or in another encoding, has no such
            column, or too many bad rows.
    """
    needs = "a column of texts"
    text = files.read_text(path, needs, config.encoding)
    is_json = suffix(path) in (".jsonl", ".json")
    bad = []
    found = list((_of_objects if is_json else _of_fields)(path, text, config, bad))
    values = files.with_line_feeds(path, [value for _, value in found])
    rows = []
    for (number, _), value in zip(found, values, strict=True):
        if cleaned := BREAKS.sub("\n", value).strip():
            rows.append((number, cleaned))
        else:
            bad.append((number, "has no text"))
    total = len(rows) + len(bad)
    if not total:
        raise UserError(f"The file {path} has no rows; it needs {needs}.")
    if skipped := files.judge(path, sorted(bad), total, config.bad_share):
        tell(skipped)
    return rows


def _of_fields(path, text, config, bad):
    is_csv = suffix(path) == ".csv"
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # 128 KiB else
    reader = csv.reader(
        io.StringIO(text.rstrip("\r\n"), newline=""),
        delimiter=inputs.delimiter_of(path, text, "," if is_csv else "\t"),
        quoting=csv.QUOTE_MINIMAL if is_csv else csv.QUOTE_NONE,
        strict=True,
    )
    try:
        table = [(reader.line_num, fields) for fields in reader if fields]
    except csv.Error as error:
        raise UserError(
            f"The file {path} breaks off or is misquoted at line {reader.line_num}: {error}."
        ) from None
    place, table = _place(path, table, config)
    width = len(table[0][1]) if table else 0
    for number, fields in table:
        if len(fields) == width:
            yield number, fields[place]
        else:
            bad.append((number, f"has {len(fields)} fields instead of {width}"))


def _place(path, table, config):
    """The place of the column of texts, and the rows without that of the names."""
    first = [field.strip() for field in table[0][1]]
    names = [name.strip() for name in config.header.split(",")] if config.header else first
    body = table if config.header and first != names else table[1:]
    wanted = config.text_column
    if wanted in names:
        return names.index(wanted), body
    if wanted.isdigit() and 0 < int(wanted) <= len(first):
        return int(wanted) - 1, table
    if wanted != type(config)().text_column:
        raise UserError(
            f"The file {path} has no column {wanted!r}; it has "
            f"{', '.join(name[:LONGEST_NAME] for name in names[:8])}. In a table without names, "
            "--text-column is a number from 1."
        )
    rows = [fields for _, fields in table[1:] if len(fields) == len(first)] or [first]
    lengths = [sum(map(len, column)) / len(column) for column in zip(*rows, strict=True)]
    place = lengths.index(max(lengths))
    named = len(body) < len(table) and len(first[place]) <= min(LONGEST_NAME, lengths[place] / 2)
    what = repr(first[place]) if named else place + 1
    if len(first) > 1 or named:
        tell(f"{path}: texts are read from the column {what}; --text-column names another.")
    return place, body if named or config.header else table


def _of_objects(path, text, config, bad):
    for number, line in _values(text):
        try:
            value = json.loads(line) if isinstance(line, str) else line
        except ValueError:
            bad.append((number, "is not JSON"))
            continue
        if not isinstance(value, dict):
            bad.append((number, "is no JSON object"))
        elif config.text_column not in value:
            keys = ", ".join(map(repr, value))
            raise UserError(
                f"Line {number} of {path} has no {config.text_column!r}; it has {keys[:200]}. Name "
                "the one with the text with --text-column."
            )
        else:
            yield number, str(value[config.text_column] or "")


def _values(text):
    """The elements of a JSON list, or the lines that are not blank, with their numbers."""
    if text.lstrip().startswith("["):
        try:
            return list(enumerate(json.loads(text), start=1))
        except ValueError:
            pass  # a line that begins with a bracket
    return [(i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip()]
