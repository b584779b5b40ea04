"""Times of rows: their column and form found out, and the interval at which they come."""

import datetime
import re

import numpy as np

from recipes.common.errors import UserError
from recipes.common.terminal import tell

UTC = datetime.UTC
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
LOOKED_AT = 200  # rows from which the column is found out
DATES = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%Y.%m.%d",
         "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%Y-%m", "%Y%m%d")  # fmt: skip
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %H%M")
EPOCH = {1e8: 1, 1e11: 1e-3, 1e14: 1e-6, 1e17: 1e-9}  # least number by unit: s, ms, µs, ns


def shown(seconds):
    """A time for people."""
    text = datetime.datetime.fromtimestamp(float(seconds), UTC).strftime("%Y-%m-%d %H:%M:%S")
    return text.removesuffix(":00")


def looks_like_time(cell):
    """True if a cell holds a date, a date with a time, or a time in seconds since 1970."""
    return np.isfinite(_iso([cell])[0]) or any(
        np.isfinite(_with_format([cell], form)[0]) for form in _forms()
    )


def _forms():
    return [date + clock for date in DATES for clock in CLOCKS]


def column(path, rows, header, config):
    """The times of the rows.

    Args:
        path: The file, for messages.
        rows: `(number of the line, cells)` of each.
        header: Names of the columns.
        config: `time_column` and `time_format` count.

    Returns:
        `places, stamps, bad`: the indices of the columns that hold them, `(N,)` float64 seconds
        since 1970, NaN where there is none, and a list of `(line, reason)` for those.

    Raises:
        UserError: If no column holds times.
    """
    places = [_place(path, rows, header, config)]
    cells = [row[places[0]] for _, row in rows]
    beside = places[0] + 1
    dates_alone = not any(":" in cell for cell in cells[:LOOKED_AT])
    if dates_alone and beside < len(header):
        clocks = [row[beside] for _, row in rows]
        if all(CLOCK.fullmatch(clock) for clock in clocks[:LOOKED_AT]):
            places.append(beside)
            cells = [f"{date} {clock}" for date, clock in zip(cells, clocks, strict=True)]
            tell(f"{path}: times are in two columns, {header[places[0]]} and {header[beside]}.")
    stamps = _parsed(path, cells, config.time_format)
    bad = [
        (rows[i][0], f"has no time, but {cells[i][:30]!r}")
        for i in np.flatnonzero(~np.isfinite(stamps))
    ]
    return places, stamps, bad


def _place(path, rows, header, config):
    if config.time_column:
        if config.time_column not in header:
            raise UserError(
                f"--time-column: {path} has no column {config.time_column!r}; it has "
                f"{', '.join(header[:12])}."
            )
        return header.index(config.time_column)
    few = rows[:LOOKED_AT]
    for index in range(len(header)):
        cells = [row[index] for _, row in few]
        found = _with_format(cells, config.time_format) if config.time_format else _best(cells)[0]
        if np.isfinite(found).mean() > 0.5:
            return index
    if config.time_format:
        raise UserError(
            f"{path} has no column of times of the form --time-format {config.time_format!r} (line "
            f"{rows[0][0]}: {', '.join(rows[0][1])[:80]!r}); a form is such as %d/%m/%Y %H:%M."
        )
    raise UserError(
        f"{path} has no column of times (line {rows[0][0]}: {', '.join(rows[0][1])[:80]!r}); a "
        "time is such as 2020-01-31 12:00 or 31.01.2020 12:00. --time-column names the column and "
        "--time-format its form."
    )


def _parsed(path, cells, form):
    if form:
        return _with_format(cells, form)
    found, form, rival = _best(cells)
    if rival:
        tell(
            f"{path}: times such as {cells[0]} are read as {form}, not {rival}; --time-format "
            "names another form."
        )
    return found


def _best(cells):
    """Times, their form, and another one that would fit as well, if there is one."""
    iso = _iso(cells)
    if np.isfinite(iso).all():
        return iso, "ISO 8601", ""
    sample = cells[:: max(1, len(cells) // 50)]
    tried = {form: np.isfinite(_with_format(sample, form)).mean() for form in _forms()}
    best = max(tried.values())
    if best <= np.isfinite(iso).mean():
        return iso, "ISO 8601", ""
    likely = [form for form, share in tried.items() if share == best]
    found = {form: _with_format(cells, form) for form in likely}
    read = {form: np.isfinite(found[form]).sum() for form in likely}
    likely = [form for form in likely if read[form] == max(read.values())]
    # Of day and month in either order, the one in which time goes on evenly.
    likely.sort(key=lambda form: _unevenness(found[form]))
    rival = likely[1] if len(likely) > 1 else ""
    return found[likely[0]], likely[0], rival


def _unevenness(stamps):
    steps = np.diff(stamps[np.isfinite(stamps)])
    return (float((steps < 0).sum()), float(np.abs(steps).sum())) if len(steps) else (0.0, 0.0)


def _iso(cells):
    """Times of ISO 8601 or in seconds since 1970, without a zone taken as UTC; NaN for others."""
    found = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        text = cell.strip()
        if re.fullmatch(r"\d{9,19}(\.\d+)?", text):
            number = float(text)
            found[index] = number * EPOCH[max(least for least in EPOCH if number >= least)]
            continue
        if len(text) < 10 or text[4:5] != "-":
            continue  # "20200131" and "2020W05" are of ISO 8601 too, and more often numbers
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        found[index] = moment.timestamp()
    return found


def _with_format(cells, form):
    found = np.full(len(cells), np.nan)
    for index, cell in enumerate(cells):
        try:
            moment = datetime.datetime.strptime(cell.strip(), form)
        except ValueError:
            continue
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        found[index] = moment.timestamp()
    return found
