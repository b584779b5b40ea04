"""The columns of a table that hold texts and labels: by their names, or recognised."""

import dataclasses

from recipes.common.errors import UserError
from recipes.common.terminal import tell

ADVICE = (
    "Name the columns with --text-column and --label-column or, for a file without a header line, "
    "with --header."
)
MOST_LABELS, LONGEST_LABEL = 50, 40
# Of several columns that could be it, one with such a name is.
TEXTS = {
    "text", "review", "reviewtext", "review_text", "sentence", "comment", "tweet", "content",
    "message", "body", "phrase", "document",
}  # fmt: skip
LABELS = {
    "label", "labels", "sentiment", "class", "target", "polarity", "category", "rating", "stars",
    "score",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Column:
    """A column as its values show it: the distinct ones and their mean length."""

    name: str
    values: set
    length: float

    @classmethod
    def of(cls, name, values):
        """From all its values, without those that are empty."""
        values = [value for value in (value.strip() for value in values) if value]
        return cls(name, set(values), sum(map(len, values)) / max(1, len(values)))


def of_table(path, names, table, form):
    """The columns of a delimited file, whose first row may name them.

    Args:
        path: The file, for messages.
        names: Names of the columns if the settings give them, else None.
        table: A list of `(line number, fields)`.
        form: The `Form`.

    Returns:
        `names, table, places`: names or None, the rows without the line of names, and the places of
        the text and of the label.

    Raises:
        UserError: If the columns are not recognised.
    """
    first = [field.strip() for field in table[0][1]] if table else []
    if names or any(name in first for name in (form.text, form.label, *form.demanded)):
        if not names:
            names, table = first, table[1:]
        return names, table, places(path, names, table, form)
    if form.demanded:
        _refuse(path, first, form.demanded[0])
    body = table[1:]
    found, reason = _guess(first, body or table, len(first), form)
    if not found and form.fallback and len(form.fallback.split(",")) == len(first):
        names = [name.strip() for name in form.fallback.split(",")]
        return names, table, places(path, names, table, form)
    if not found:
        _refuse(path, first, form.text, reason)
    label = first[found[1]]
    if label in {fields[found[1]].strip() for _, fields in body if len(fields) > found[1]}:
        is_data = True
    else:
        is_data = label in form.known or _is_number(label)
    if is_data:
        order = ",".join("text" if i == found[0] else "label" if i == found[1] else "other"
                         for i in range(len(first)))  # fmt: skip
        tell(
            f"{path} has no line of column names: texts are read from column {found[0] + 1}, "
            f"labels from column {found[1] + 1} ({_shown(table, found[1])}), as with --header "
            f"{order}."
        )
        return None, table, found
    _say(path, first, body, found)
    return first, body, found


def places(path, names, table, form):
    """The places of the text and of the label among columns with names.

    Args:
        path, names, table, form: As for `of_table`.

    Raises:
        UserError: If a column is missing and not recognised, or there twice.
    """
    for name in form.wanted:
        if names.count(name) > 1:
            raise UserError(f"The file {path} has {names.count(name)} columns {name!r}; keep one.")
    found = [names.index(name) if name in names else None for name in form.wanted]
    if None not in found:
        return tuple(found)
    for name in form.demanded:
        if name not in names:
            _refuse(path, names, name)
    chosen, reason = _guess(names, table, len(names), form, *found)
    if not chosen:
        _refuse(path, names, form.wanted[found.index(None)], reason)
    _say(path, names, table, chosen)
    return chosen


def _guess(names, table, width, form, text=None, label=None):
    """The places of text and label, or None and the reason."""
    rows = [fields for _, fields in table if len(fields) == width]
    if width < 2:
        return None, "it has one column; files of one label each are named as pos.txt,neg.txt"
    if not rows:
        return None, ""
    columns = [
        Column.of(name, values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    ]
    if label is None:
        others = [i for i in range(width) if i != text and columns[i].values]
        known = [i for i in others if columns[i].values <= form.known]
        candidates = known or [i for i in others if _may_be_label(columns[i], rows)]
        varied = [i for i in candidates if len(columns[i].values) > 1]
        candidates = varied or candidates
        if width == 2 and len(candidates) == 2:
            candidates.sort(key=lambda i: (len(columns[i].values), columns[i].length))
            candidates = candidates[:1]
        label, reason = _only(candidates, columns, LABELS, "labels")
        if label is None:
            return None, reason
    if text is None:
        others = sorted((i for i in range(width) if i != label), key=lambda i: -columns[i].length)
        if len(others) > 1 and columns[others[0]].length >= 2 * columns[others[1]].length:
            others = others[:1]
        text, reason = _only(others, columns, TEXTS, "texts")
        if text is None:
            return None, reason
    return (text, label), ""


def _may_be_label(column, rows):
    few = min(MOST_LABELS, max(2, len(rows) // 2))
    return len(column.values) <= few and max(map(len, column.values)) <= LONGEST_LABEL


def _only(candidates, columns, usual, what):
    """The one column of several that could be it, or None and the reason."""
    named = [i for i in candidates if columns[i].name.lower() in usual]
    if len(candidates) != 1 and len(named) == 1:
        candidates = named
    if len(candidates) == 1:
        return candidates[0], ""
    if not candidates:
        return None, "no column has few distinct values, as labels are"
    names = " and ".join(repr(columns[i].name[:40]) for i in candidates[:4])
    return None, f"{names} could all be {what}"


def _is_number(value):
    return value.lstrip("+-").replace(".", "", 1).isdigit()


def _shown(table, place):
    found = sorted({fields[place].strip() for _, fields in table if len(fields) > place} - {""})
    return ", ".join(found[:6]) + (" …" if len(found) > 6 else "")


def _say(path, names, table, found):
    text, label = (names[place] for place in found)
    tell(
        f"{path}: texts are read from the column {text!r}, labels from {label!r} "
        f"({_shown(table, found[1])}); --text-column and --label-column name others."
    )


def _refuse(path, names, column, reason=""):
    because = f" {reason[0].upper()}{reason[1:]}." if reason else ""
    raise UserError(
        f"The file {path} has no column {column!r} in its first line (found: "
        f"{', '.join(name[:40] for name in names[:8])}).{because} {ADVICE}"
    )
