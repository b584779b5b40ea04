"""Files of events beside clips: `start,end,label` on each line, in seconds."""

import csv
import io
import itertools
import math

from recipes.common.data import files
from recipes.video.reading import BadClip

COLUMNS = ("start", "end", "label")


def read(path, encoding, names=()):
    """The events of a clip.

    Args:
        path: The CSV file; a first line with the names of its columns may be there.
        encoding: Its encoding.
        names: Labels that are allowed; any if empty.

    Returns:
        A sorted list of `(start, end, label)`.

    Raises:
        BadClip: If a line is none of an event, naming it.
        UserError: If the file is missing, no text, or in another encoding.
    """
    text = files.decode(path, files.read_bytes(path), encoding)
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), start=1)
    try:
        rows = [(n, [field.strip() for field in row]) for n, row in rows if any(row)]
    except csv.Error as error:
        raise BadClip(f"has events that are misquoted ({path.name}: {error})") from None
    columns = range(3)
    if rows and set(COLUMNS) <= (found := {name.lower() for name in rows[0][1]}):
        header = [name.lower() for name in rows[0][1]]
        columns, rows = [header.index(name) for name in COLUMNS], rows[1:]
    elif rows and {"start", "end"} & found:
        raise BadClip(f"has events without the columns start,end,label in {path.name}")
    events = []
    for number, row in rows:
        place = f"line {number} of {path.name}"
        if len(row) <= max(columns):
            raise BadClip(f"has events with {len(row)} fields instead of 3 in {place}")
        start, end, label = (row[i] for i in columns)
        events.append((*_seconds(start, end, place), _known(label, names, place)))
    events.sort()
    for before, after in itertools.pairwise(events):
        if after[0] < before[1] and after[2] != before[2]:
            raise BadClip(
                f"has events that overlap in {path.name}: {before[2]} until {before[1]:g} s and "
                f"{after[2]} from {after[0]:g} s"
            )
    return events


def _seconds(start, end, place):
    try:
        start, end = float(start), float(end)
    except ValueError:
        raise BadClip(f"has {start!r}, {end!r} for seconds in {place}") from None
    if not (math.isfinite(start) and math.isfinite(end)) or start < 0:
        raise BadClip(f"has an event from {start:g} s to {end:g} s in {place}")
    if end <= start:
        raise BadClip(f"has an event that ends at {end:g} s, not after its start {start:g} s, in "
                      f"{place}")  # fmt: skip
    return start, end


def _known(label, names, place):
    if not label:
        raise BadClip(f"has an event without a label in {place}")
    if names and label not in names:
        raise BadClip(f"has the unknown label {label!r} in {place} (known are {', '.join(names)})")
    return label
