"""Tables of texts and labels: CSV, TSV and JSON lines, columns named or recognised."""

import csv
import dataclasses
import io
import json
import pathlib
import sys

from recipes.common import inputs
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.sentiment import columns
from recipes.sentiment.renaming import renames

NEEDS = "a line with the column names and rows"


@dataclasses.dataclass(frozen=True)
class Form:
    """Form of files with texts and labels.

    text, label: Names of the two columns.
    demanded: Those of the names that a file must have; else its columns may be recognised.
    header: Names of all columns, separated by commas, of a file without a header line.
    fallback: Such names for a file whose columns are not recognised.
    encoding: Encoding of the files.
    bad_share: Share of bad rows that is skipped; more is an error.
    known: Labels that a file may have, if that is known.
    """

    text: str = "text"
    label: str = "label"
    demanded: tuple[str, ...] = ()
    header: str = ""
    fallback: str = ""
    encoding: str = "utf-8"
    bad_share: float = 0.0
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config):
        """The form that the settings of a training describe."""
        usual = cls()
        names = {"text": config.text_column, "label": config.label_column}
        mapping = renames(config.labels)
        return cls(
            **names,
            demanded=tuple(name for key, name in names.items() if name != getattr(usual, key)),
            header=config.header,
            encoding=config.encoding,
            bad_share=config.bad_share,
            known=frozenset({*mapping, *mapping.values()}),
        )

    @property
    def wanted(self):
        """The names of both columns."""
        return self.text, self.label


def read(path, form):
    """The texts and labels of a file.

    A comma separates the fields of a `.csv` file, which may be quoted; a tab those of any other
    file, where a quote is a character like any other. A file whose first line has no such separator
    may have another. A `.jsonl` file has an object on each line.

    Args:
        path: The file, `.gz` or not.
        form: Its `Form`.

    Returns:
        `rows, names`: a list of `(line number, text, label)`, and the names of the two columns,
        None for a file without names.

    Raises:
        UserError: If the file is missing, a directory, empty, damaged, in another encoding, lacks a
            column, or has too many bad rows.
    """
    text = files.read_text(path, NEEDS, form.encoding)
    bad = []
    if _suffix(path) in (".jsonl", ".json"):
        names, table = _of_objects(path, text, bad)
        places = columns.places(path, names, table, form)
    else:
        names, table = _header(path, _fields(path, text), form)
        names, table, places = columns.of_table(path, names, table, form)
    if not table and not bad:
        raise UserError(f"The file {path} has column names and no rows.")
    rows = _rows(table, names, places, bad)
    if skipped := files.judge(path, sorted(bad), len(rows) + len(bad), form.bad_share):
        tell(skipped)
    return rows, tuple(names[place] for place in places) if names else None


def _suffix(path):
    return pathlib.Path(str(path).lower().removesuffix(".gz")).suffix


def _rows(table, names, places, bad):
    rows = []
    width = len(names or table[0][1])
    for number, fields in table:
        if len(fields) != width:
            bad.append((number, f"has {len(fields)} fields instead of {width}"))
            continue
        chosen = [fields[place].strip() for place in places]
        if all(chosen):
            rows.append((number, *chosen))
        else:
            place = places[chosen.index("")]
            empty = repr(names[place]) if names else f"column {place + 1}"
            bad.append((number, f"has an empty {empty}"))
    return rows


def _fields(path, text):
    """The line number and the fields of each row."""
    is_csv = _suffix(path) == ".csv"
    usual = "," if is_csv else "\t"
    # A review may be longer than the module's default limit of 128 KiB a field.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

    def split(delimiter):
        reader = csv.reader(
            io.StringIO(text.rstrip("\r\n"), newline=""),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if is_csv else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            return [(reader.line_num, fields) for fields in reader]
        except csv.Error as error:
            raise UserError(
                f"The file {path} breaks off or is misquoted at line {reader.line_num}: {error}."
            ) from None

    return split(inputs.delimiter_of(path, text, usual))


def _header(path, table, form):
    """The names that the settings give to the columns, and the rows; else None and all rows."""
    if not form.header:
        return None, table
    names = [name.strip() for name in form.header.split(",")]
    if [field.strip() for field in table[0][1]] == names:
        table = table[1:]  # the file has the header line after all
    return names, table


def _of_objects(path, text, bad):
    """The keys of JSON objects, and the line number and the values of each as rows of a table."""
    objects = []
    for number, line in _json_lines(path, text):
        try:
            value = json.loads(line) if isinstance(line, str) else line
        except ValueError:
            bad.append((number, "is not JSON"))
            continue
        if isinstance(value, dict):
            objects.append((number, value))
        else:
            bad.append((number, "is no JSON object"))
    names = list(dict.fromkeys(str(key) for _, value in objects for key in value))
    if not names:
        raise UserError(f"The file {path} has no JSON objects; it needs one on each line.")
    return names, [(n, [_as_text(value.get(name)) for name in names]) for n, value in objects]


def _json_lines(path, text):
    """The lines that are not blank; the elements of a JSON list where the file is one."""
    if text.lstrip().startswith("["):
        try:
            return list(enumerate(json.loads(text), start=1))
        except ValueError:
            pass  # a line that begins with a bracket
    return [(i, line) for i, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _as_text(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
