"""Inputs of `predict` from arguments, lines and files, and its answers as a file."""

import csv
import io
import json
import os
import pathlib

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of, tell

DELIMITERS = ",\t;|"
OUTPUTS = (".csv", ".tsv", ".jsonl")
JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")


def inputs_of(options, config):
    """The inputs that a command line names, as a list of strings.

    Args:
        options: The `cli.Predict` of a recipe: `inputs`, `file`, `column`, and the marks
            `ARE_TEXTS` and `KEEP_BLANK` count.
        config: Settings of the run; `input_column` is the column where none is named, and
            `input_header` the names of columns of files like those of the training.

    Raises:
        UserError: If a file cannot be read, or inputs are named both ways.
    """
    if options.output:
        check_output(options.output)
    if not options.file:
        if options.column:
            raise UserError("--column names a column of the table that --file names.")
        if options.ARE_TEXTS:
            _warn_of_files(options.inputs)
        return list(lines_of(options.inputs, blank=options.KEEP_BLANK))
    if options.inputs not in ((), ("-",)):
        raise UserError(
            f"--file {options.file} and {options.inputs[0]!r} both name inputs; give one of them."
        )
    found = column(
        options.file,
        options.column,
        config.input_column,
        options.encoding or config.encoding,
        options.header or config.input_header,
    )
    return found if options.ARE_TEXTS else _beside(options.file, found)


def _beside(path, names):
    """Names of files, those that are not found from here taken from beside the list of them."""
    found = []
    for name in filter(None, map(str.strip, names)):
        beside = os.path.join(os.path.dirname(path), name)
        found.append(beside if os.path.exists(beside) and not os.path.exists(name) else name)
    return found


def _warn_of_files(inputs):
    for text in inputs:
        if text != "-" and len(text) < 256 and os.path.isfile(text):
            tell(
                f"{text} is the name of a file, taken for a text here; its rows or lines are read "
                f"with --file {text}."
            )


def column(path, name="", usual="", encoding="utf-8", header=""):
    """The texts in one column of a table, in the objects of JSON lines, or in lines of text.

    Args:
        path: A file `.csv`, `.tsv` or `.jsonl`, where the first line names columns, or any other,
            where each line is a text, or a folder of `.txt` files, each of which is one. Files may
            be gzipped, and fields separated as in a training's files.
        name: Name of the column or, counted from 1, its number in a table without names. If it is
            given, a file with another suffix is a table too, with tabs.
        usual: The column to take if none is named and there is one of that name.
        encoding: Encoding of files that are not UTF-8.
        header: Names of the columns, separated by commas, of a table without them; it is heeded if
            the table has as many columns.

    Raises:
        UserError: If the file cannot be read or has no such column.
    """
    path = pathlib.Path(path)
    suffix = pathlib.Path(path.name.lower().removesuffix(".gz")).suffix
    if path.is_dir():
        return _of_folder(path, name, encoding)
    text = storage.read_text(path, encoding)
    if suffix in JSON_SUFFIXES:
        return _of_objects(path, text, name, usual)
    if suffix not in (".csv", ".tsv") and not name:
        lines = text.removesuffix("\n").split("\n")
        if all("\t" in line for line in lines):
            tell(
                f"Each line of {path}, tabs included, is taken for a text; --column 1 is a column."
            )
        return lines
    delimiter = delimiter_of(path, text, "," if suffix == ".csv" else "\t")
    quoting = csv.QUOTE_MINIMAL if suffix == ".csv" else csv.QUOTE_NONE
    csv.field_size_limit(1 << 30)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting))
    rows = [row for row in rows if row]
    if not rows:
        raise UserError(f"The file {path} is empty.")
    names = [cell.strip() for cell in rows[0]]
    given = [cell.strip() for cell in header.split(",")]
    if header and len(given) == len(names) and (name or usual) in given:
        place = given.index(name or usual)
        rows = rows[1:] if names == given else rows
    elif _is_number(name, rows):
        place = int(name) - 1
    else:
        place, rows = _place(path, names, name, usual), rows[1:]
    for number, row in enumerate(rows, start=1):
        if len(row) <= place:
            raise UserError(f"Row {number} of {path} has {len(row)} columns, too few for --column.")
    return [row[place].strip() for row in rows]


def delimiter_of(path, text, usual):
    """The character that separates the fields of a table.

    It is the usual one unless the first line has none, and another one that shows.

    Args:
        path: The file, for the message that tells another one.
        text: Its text.
        usual: What separates the fields of a file with such a suffix.
    """
    lines = text[:100_000].split("\n")[:20]
    if usual in lines[0]:
        return usual
    for mark in DELIMITERS.replace(usual, ""):
        if mark not in lines[0]:
            continue
        # Names of columns show it, as in a line of text a comma is one; or rows of equal width do.
        rows = list(csv.reader(lines, delimiter=mark))
        rows = rows if text.count("\n") < 20 else rows[:-1]  # the last one may be cut in a field
        widths = {len(row) for row in rows if row}
        if " " not in lines[0].strip() or (mark != "," and len(rows) > 2 and len(widths) == 1):
            tell(f"{path}: the fields are separated by {mark!r}.")
            return mark
    return usual


def _of_folder(folder, name, encoding):
    if name:
        raise UserError(f"--column {name}: {folder} is a folder, whose .txt files are a text each.")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".txt")
    if not paths:
        raise UserError(f"The folder {folder} has no .txt files; each is one text.")
    return [storage.read_text(path, encoding).strip() for path in paths]


def _is_number(name, rows):
    """True if a column is named by its number, of a table whose first row names none."""
    if not name.isdigit() or not 0 < int(name) <= len(rows[0]):
        return False
    below = {cell for row in rows[1:] for cell in row}
    return name not in rows[0] or name in below  # a label, and no name, where it comes again


def _place(path, names, name, usual):
    if not name and len(names) > 1 and usual not in names:
        raise UserError(
            f"The file {path} has {len(names)} columns "
            f"({', '.join(name[:40] for name in names[:8])}); name the one to use with --column, "
            "by its number from 1 if the first line names none."
        )
    chosen = name or (usual if usual in names else names[0])
    if chosen not in names:
        raise UserError(
            f"The file {path} has no column {chosen!r}; it has "
            f"{', '.join(name[:40] for name in names[:8])}. In a table without names, --column is "
            "a number from 1."
        )
    return names.index(chosen)


def _of_objects(path, text, name, usual):
    texts = []
    for number, value in _values(path, text):
        if isinstance(value, str) and not name:
            texts.append(value)
        elif isinstance(value, dict):
            value = _flat(value)
            texts.append(str(value[_key(path, number, value, name or usual)]))
        else:
            raise UserError(f"Line {number} of {path} is neither an object nor a string.")
    return texts


def _values(path, text):
    """The elements of a JSON list, or the values of JSON lines, with their numbers."""
    if text.lstrip().startswith("["):
        try:
            yield from enumerate(json.loads(text), start=1)
            return
        except ValueError:
            pass  # a line that begins with a bracket
    # Only a line feed ends a line: JSON may have other separators of lines inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise UserError(f"Line {number} of {path} is not JSON: {error}.") from None


def _key(path, number, value, name):
    if name in value:
        return name
    if not name and len(value) == 1:
        return next(iter(value))
    raise UserError(
        f"Line {number} of {path} has {', '.join(map(repr, value))}; name one with --column."
    )


def check_output(path):
    """Refuse a file for answers that cannot be written.

    Raises:
        UserError: If its kind is unknown or its folder missing.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() not in OUTPUTS:
        raise UserError(f"--output {path} must end in {', '.join(OUTPUTS)}.")
    if not path.parent.is_dir():
        raise UserError(f"--output {path}: there is no folder {path.parent}.")


def write(path, predictions):
    """Write answers as a table or as JSON lines, by the suffix of the file.

    Objects inside an answer become columns such as `probabilities.good`, lists JSON.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() == ".jsonl":
        rows = [json.dumps(row, ensure_ascii=False) for row in predictions]
        storage.write_text(path, "".join(f"{row}\n" for row in rows))
        return
    rows = [_flat(row) for row in predictions]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    is_csv = path.suffix.lower() == ".csv"
    writer = csv.DictWriter(text, names, delimiter="," if is_csv else "\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    storage.write_text(path, text.getvalue())


def _flat(row, prefix=""):
    flat = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            flat[f"{prefix}{name}"] = json.dumps(value, ensure_ascii=False)
        else:
            flat[f"{prefix}{name}"] = value
    return flat
