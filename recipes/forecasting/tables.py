"""Tables of numbers over time: CSV files as they come, every oddity told, no value invented."""

import csv
import dataclasses
import io
import pathlib
import re

import numpy as np

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.forecasting import times

MISSING = {
    "",
    "-",
    "--",
    "na",
    "n/a",
    "nan",
    "none",
    "null",
    "nil",
    "#n/a",
    "?",
    ".",
    "m",
    "missing",
}
SENTINELS = (-9999, -999, -99999, -999.9, -9999.9, -32768, 9999, 99999, 999999)
NUMERIC = 0.5  # share of the cells of a column that must be numbers
DELIMITERS = ";\t,|"


@dataclasses.dataclass(frozen=True)
class Table:
    """Columns of numbers with a time for each row, rising.

    source: Where they come from.
    times: `(N,)` float64, seconds since 1970.
    names: Names of the columns.
    values: `(N, columns)` float64, NaN where nothing was measured.
    """

    source: str
    times: np.ndarray
    names: list
    values: np.ndarray

    def __len__(self):
        return len(self.times)

    def column(self, name):
        """The values of a column."""
        return self.values[:, self.names.index(name)]


def read(path, config):
    """Read a CSV file.

    Args:
        path: Its name, `.gz` or not.
        config: `time_column`, `time_format`, `missing`, `encoding`, `bad_share` count.

    Raises:
        UserError: If it is no table with a column of times and one of numbers.
    """
    text = _decode(path, config.encoding)
    rows, header = _rows(path, text)
    place, stamps, bad = times.column(path, rows, header, config)
    files.report(path, bad, len(rows), config.bad_share)
    kept = np.flatnonzero(np.isfinite(stamps))
    rows, stamps = [rows[i] for i in kept], stamps[kept]
    names, values = _columns(path, rows, header, place)
    values = _without_sentinels(path, names, values, _numbers(config.missing))
    return ordered(Table(str(path), stamps, names, values), [number for number, _ in rows])


def ordered(table, lines=None):
    """A table in the order of time, each time once.

    Args:
        table: A `Table` in any order.
        lines: Numbers of its rows, for messages.
    """
    stamps = table.times
    back = np.flatnonzero(np.diff(stamps) < 0)
    if len(back) and len(back) == len(stamps) - 1:
        tell(f"{table.source}: the newest row comes first; the rows are read from the last up.")
    elif len(back):
        where = f"line {lines[back[0] + 1]}" if lines else f"row {back[0] + 2}"
        count = "once" if len(back) == 1 else f"{len(back):,} times, first"
        tell(
            f"{table.source}: time runs backwards {count} at {where} "
            f"({times.shown(stamps[back[0] + 1])} after {times.shown(stamps[back[0]])}); the rows "
            "are put in order."
        )
    order = np.argsort(stamps, kind="stable")
    stamps, values = stamps[order], table.values[order]
    again = np.flatnonzero(np.diff(stamps) == 0) + 1
    if len(again):
        differ = sum(not np.array_equal(values[i], values[i - 1], equal_nan=True) for i in again)
        of = f", {differ:,} of them with other values" if differ else ", with the same values"
        count = "a time comes twice" if len(again) == 1 else f"{len(again):,} times come twice"
        tell(
            f"{table.source}: {count} ({times.shown(stamps[again[0]])}"
            f"{' first' if len(again) > 1 else ''}{of}); the first row of each is kept."
        )
        kept = np.setdiff1d(np.arange(len(stamps)), again)
        stamps, values = stamps[kept], values[kept]
    return dataclasses.replace(table, times=stamps, values=values)


def _decode(path, encoding):
    """The text of a file; one that is not UTF-8 is read as Windows wrote it, and that is told."""
    content = files.read_bytes(path)
    if not content.strip():
        raise UserError(f"The file {path} is empty; it needs a table with a column of times.")
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    if encoding == "utf-8" and not marked:
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            if b"\0" in content[:4096]:
                raise UserError(f"The file {path} is no text, so no CSV file.") from None
            line = content.count(b"\n", 0, error.start) + 1
            tell(
                f"{path}: line {line} is not UTF-8; the file is read as cp1252 (Windows, western "
                "Europe). --encoding names another."
            )
            text = content.decode("cp1252", errors="replace")
            return text.replace("\r\n", "\n").replace("\r", "\n")
    text = files.decode(path, content, encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(path, text):
    """The rows as `(number of the line, cells)`, and the names of the columns."""
    delimiter = _delimiter(path, text)
    csv.field_size_limit(1 << 30)
    reader, rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and not cells[0].startswith("#"):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise UserError(f"Line {reader.line_num} of {path} cannot be read: {error}.") from None
    if not rows:
        raise UserError(f"The file {path} is empty; it needs a table with a column of times.")
    first = rows[0][1]
    if len(first) < 2:
        raise UserError(
            f"{path} is no table: its first line is one cell, {first[0][:60]!r}; a CSV file with a "
            "column of times and one of numbers is needed."
        )
    if times.looks_like_time(first[0]):
        header = [f"column {number}" for number in range(1, len(first) + 1)]
        tell(f"{path}: the first line names no columns; they are called {header[0]}, {header[1]} …")
    else:
        header, rows = _distinct(path, first), rows[1:]
    if not rows:
        raise UserError(f"{path} has a line of names and no rows.")
    width = len(header)
    odd = [(number, cells) for number, cells in rows if len(cells) != width]
    if odd:
        tell(
            f"{path}: {len(odd):,} rows have another number of cells than the {width} names (line "
            f"{odd[0][0]} has {len(odd[0][1])}); cells that lack are missing, those too many go."
        )
    rows = [(number, (cells + [""] * width)[:width]) for number, cells in rows]
    return rows, header


def _delimiter(path, text):
    """The character between the cells: that which divides the first lines most evenly."""
    lines = [line for line in text[:200_000].split("\n")[:40] if line.strip()][:20]
    lines = [line for line in lines if not line.startswith("#")]
    best, most = ",", 0
    for mark in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
        common = max(set(widths), key=widths.count) if widths else 1
        even = widths.count(common) / max(1, len(widths))
        if common > 1 and even > max(0.7, most):
            best, most = mark, even
    if best != "," and lines:
        tell(f"{path}: the cells are separated by {best!r}.")
    return best


def _distinct(path, names):
    """The names with a number after those that come again; those without a name get one."""
    found = []
    for number, name in enumerate(names, start=1):
        chosen, again = name or f"column {number}", 2
        while chosen in found:
            chosen, again = f"{name} ({again})", again + 1
        if chosen != name:
            tell(f"{path}: column {number}, {name!r}, is called {chosen!r}.")
        found.append(chosen)
    return found


def _columns(path, rows, header, place):
    """The columns that hold numbers: their names and `(N, columns)` values."""
    names, columns, left_out, odd, commas, odd_text = [], [], [], [], [], ""
    for index, name in enumerate(header):
        if index in place:
            continue
        cells = [row[index] for _, row in rows]
        values, wrong, comma = numbers(cells)
        if len(wrong) > (1 - NUMERIC) * len(cells) and len(wrong):
            left_out.append(name)
            if not odd_text:
                odd_text = f" (line {rows[wrong[0]][0]}, {name}: {cells[wrong[0]][:30]!r})"
            continue
        if comma:
            commas.append(name)
        if wrong:
            odd.append((name, len(wrong), rows[wrong[0]][0], cells[wrong[0]]))
        names.append(name)
        columns.append(values)
    if commas:
        tell(f"{path}: numbers have decimal commas ({_listed(commas)}).")
    for name, count, line, cell in odd:
        tell(
            f"{path}: column {name}: {count:,} cells are no numbers (line {line}: {cell[:30]!r}) "
            "and count as missing."
        )
    if left_out:
        tell(f"{path}: left out, as they are text: {_listed(left_out)}.")
    if not names:
        raise UserError(f"{path} has no column of numbers beside its times{odd_text}.")
    return names, np.stack(columns, 1)


def numbers(cells):
    """Cells as numbers.

    Returns:
        `values, wrong, comma`: `(N,)` float64, NaN for what is missing or no number; the indices of
        those that are no numbers; whether there are decimal commas.
    """
    try:
        values = np.array(cells).astype(np.float64)
        return _finite(values), np.flatnonzero(np.isinf(values)).tolist(), False
    except ValueError:
        pass
    values, wrong, comma = np.full(len(cells), np.nan), [], False
    for index, cell in enumerate(cells):
        if cell.lower() in MISSING:
            continue
        if re.fullmatch(r"[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][-+]?\d+)?", cell):
            cell, comma = cell.replace(".", "").replace(",", "."), True
        try:
            values[index] = float(cell)
        except ValueError:
            wrong.append(index)
        if np.isinf(values[index]):
            wrong.append(index)
    return _finite(values), wrong, comma


def _finite(values):
    return np.where(np.isfinite(values), values, np.nan)


def _numbers(text):
    parts = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise UserError(f"--missing takes numbers with commas between; got {text!r}.") from None


def _without_sentinels(path, names, values, named):
    """Values without numbers that stand for missing ones: those named, and known ones far off."""
    values = values.copy()
    for index, name in enumerate(names):
        column = values[:, index]
        for sentinel in dict.fromkeys([*named, *SENTINELS]):
            where = column == sentinel
            if not where.any():
                continue
            others = column[~where & np.isfinite(column)]
            others = others[~np.isin(others, SENTINELS)]
            if sentinel not in named:
                if not len(others):
                    continue
                low, high = others.min(), others.max()
                room = max(high - low, abs(low), abs(high), 1)
                if low - 2 * room < sentinel < high + 2 * room:
                    continue  # it may well be a value
            column[where] = np.nan
            count = "a value" if where.sum() == 1 else f"{where.sum():,} values"
            tell(f"{path}: column {name}: {count} of {sentinel:g} taken for missing.")
    return values


def _listed(names, most=6):
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def chosen(table, option, text):
    """The columns that an option names, with commas between; a name may have commas itself.

    Raises:
        UserError: If there is no such column.
    """
    if text in table.names:
        return [text]
    found, rest = [], text
    while rest.strip():
        rest = rest.strip().lstrip(",").strip()
        fits = [n for n in table.names if rest == n or re.match(re.escape(n) + r"\s*,", rest)]
        if not fits:
            raise UserError(
                f"--{option}: {pathlib.Path(table.source).name} has no column of numbers "
                f"{rest.partition(',')[0].strip()!r}; it has {_listed(table.names, 12)}."
            )
        longest = max(fits, key=len)
        found.append(longest)
        rest = rest[len(longest) :]
    return list(dict.fromkeys(found))
