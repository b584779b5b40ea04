"""Rows of a file of pairs: TSV, CSV or JSON lines, with the names of its columns if it has them."""

import csv
import dataclasses
import io
import json
import pathlib
import re
import sys

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}  # of .csv files
JSON_SUFFIXES = (".jsonl", ".json", ".ndjson")
SOURCES = ("source", "src", "input", "sentence1")
TARGETS = ("target", "tgt", "trg", "translation", "output", "sentence2")
# Words of which the names of columns consist, such as "English words/sentences".
LANGUAGES = """
    arabic ar basque eu bengali bn bulgarian bg catalan ca chinese zh croatian hr czech cs danish da
    dutch nl english en eng estonian et finnish fi french fr fra german de deu ger greek el hebrew
    he hindi hi hungarian hu icelandic is indonesian id irish ga italian it ita japanese ja jpn
    korean ko kor latvian lv lithuanian lt norwegian no persian fa polish pl portuguese pt por
    romanian ro russian ru rus serbian sr slovak sk slovenian sl spanish es spa swahili sw swedish
    sv thai th turkish tr tur ukrainian uk urdu ur vietnamese vi welsh cy
""".split()
KINDS = "word words sentence sentences text texts lang language phrase phrases".split()
NAMES = {*LANGUAGES, *KINDS, *SOURCES, *TARGETS}
COMMONEST = 1_000  # rows in which the keys of a JSON file are looked for


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of fields, None where one is missing.

    rows: A list of `(number, fields)`.
    names: Names of the columns, empty if the file has none.
    between: Name of the mark between two fields.
    """

    rows: list
    names: tuple = ()
    between: str = "tab"

    @property
    def unit(self):
        """Name of a row in messages."""
        return "object" if self.between == "key" else "line"


def read(path, encoding, asked=()):
    """The `Table` in a file, by the suffix of its name; any other than CSV and JSON is TSV.

    The first line of a CSV or TSV file holds names if they are asked for or are usual ones.

    Args:
        path: The file, `.gz` or not.
        encoding: Its encoding.
        asked: Columns that are asked for, names or numbers.

    Raises:
        UserError: If the file cannot be read or is damaged.
    """
    text = files.read_text(path, "a sentence and its translation on each line", encoding)
    suffix = pathlib.Path(str(path).lower().removesuffix(".gz")).suffix
    if suffix in JSON_SUFFIXES:
        return _of_objects(path, text)
    rows, between = _of_csv(path, text) if suffix == ".csv" else (_of_tsv(text), "tab")
    first = [cell.strip() for cell in rows[0][1]]
    wanted = [name for name in asked if isinstance(name, str)]
    if (wanted and all(name in first for name in wanted)) or _are_names(first):
        if not wanted:
            tell(f"{path}: the first line names the columns: {', '.join(first)}.")
        return Table(rows[1:], tuple(first), between)
    return Table(rows, between=between)


def lines(text):
    """The lines of a text, split at line feeds alone: other ends occur inside sentences."""
    return text.removesuffix("\n").split("\n")


def _of_tsv(text):
    rows = lines(text)
    while not rows[-1].strip():
        rows.pop()
    return [(number, line.split("\t")) for number, line in enumerate(rows, start=1)]


def _of_csv(path, text):
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    stream = io.StringIO(text.rstrip("\r\n"), newline="")
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in DELIMITERS if mark in first), ",")
    reader = csv.reader(stream, delimiter=delimiter, strict=True)
    try:
        rows = [(reader.line_num, fields) for fields in reader if fields]
        return rows, DELIMITERS[delimiter]
    except csv.Error as error:
        raise UserError(
            f"The file {path} breaks off or is misquoted at line {reader.line_num}: {error}."
        ) from None


def _are_names(cells):
    """True if cells are several different names of columns of pairs, or of what is beside them."""
    parts = [re.findall(r"[^\W\d_]+", cell.lower()) for cell in cells]
    named = [bool(words) and NAMES.issuperset(words) for words in parts]
    return (
        sum(named) >= 2
        and len(set(map(tuple, parts))) >= 2
        and not any(cell.endswith((".", "!", "?")) for cell in cells)
    )


def _of_objects(path, text):
    objects = _objects(path, text)
    flat = [(number, _flat(value)) for number, value in objects]
    names = dict.fromkeys(name for _, row in flat[:COMMONEST] for name in row)
    if not names:
        raise UserError(f"The objects of {path} have no texts in them.")
    rows = [(number, [row.get(name) for name in names]) for number, row in flat]
    return Table(rows, tuple(names), "key")


def _objects(path, text):
    """`(number, object)` of JSON lines, or of one list of objects."""
    if text.lstrip().startswith("["):
        try:
            found = list(enumerate(json.loads(text), start=1))
        except ValueError as error:
            raise UserError(f"The file {path} is not JSON: {error}.") from None
    else:
        found = []
        for number, line in enumerate(lines(text), start=1):
            if line.strip():
                try:
                    found.append((number, json.loads(line)))
                except ValueError as error:
                    raise UserError(f"Line {number} of {path} is not JSON: {error}.") from None
    for number, value in found:
        if not isinstance(value, dict):
            raise UserError(
                f"Line {number} of {path} is no JSON object; write each pair as "
                '{"source": ..., "target": ...}.'
            )
    return found


def _flat(value, before=""):
    """The texts and numbers of an object by key, those of objects in it as `translation.en`."""
    found = {}
    for name, item in value.items():
        if isinstance(item, dict):
            found |= _flat(item, f"{before}{name}.")
        elif item is None or isinstance(item, str | int | float):
            found[before + name] = None if item is None else str(item)
    return found
