"""Text coloured by the cells that follow its features: a page of HTML, and a picture."""

import html
import itertools
import string

import numpy as np

from recipes.common import plots

LEVELS = 21  # of colour
LOW, MIDDLE, HIGH = (120, 172, 222), (255, 255, 255), (238, 132, 112)
LINES, COLUMNS = 5, 90  # of the picture, for each feature
PAGE, PICTURE = {"size": 1_500, "lines": 40}, {"size": LINES * COLUMNS, "lines": LINES}


def colour(value):
    """The colour of a value from -1, blue, to 1, red."""
    end = HIGH if value > 0 else LOW
    parts = [m + (e - m) * min(abs(value), 1) for m, e in zip(MIDDLE, end, strict=True)]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def scaled(values, sign):
    """The values of a cell from -1 to 1, between the low and the high ones, along its feature."""
    low, high = np.percentile(values, [2, 98])
    middle, half = (high + low) / 2, max((high - low) / 2, 1e-6)
    return sign * np.clip((values - middle) / half, -1, 1)


def excerpt(texts, feature, size, lines):
    """The stretch of a text, from the beginning of a line on, where a feature varies most.

    Args:
        texts: The text of each position.
        feature: `(N,)`, the feature's values.
        size, lines: Characters and lines at most.

    Returns:
        A slice of positions.
    """
    ends = np.cumsum([len(text) for text in texts])
    values = feature.astype(float)
    sums, squares = (np.cumsum(np.append(0, array)) for array in (values, values**2))
    starts = [0, *(n + 1 for n, text in enumerate(texts[:-1]) if text.endswith("\n")), len(texts)]
    best, most = slice(0, 1), -1.0
    for number, start in enumerate(starts[:-1]):
        fitting = np.searchsorted(ends, ends[start] - len(texts[start]) + size, side="right")
        last = starts[min(number + lines, len(starts) - 1)]
        stop = max(min(int(fitting), last), start + 1)
        mean, square = ((total[stop] - total[start]) / (stop - start) for total in (sums, squares))
        if square - mean**2 > most:
            best, most = slice(start, stop), square - mean**2
        if stop == len(texts):
            break  # those that are left are pieces of this one
    return best


def page(title, intro, table, sections):
    """A page of HTML that needs nothing else.

    Args:
        title: Its title.
        intro: A paragraph under it.
        table: Header and rows of strings.
        sections: `(heading, texts, values)`: the text of each position and its value, -1 to 1.
    """
    classes = string.ascii_lowercase[:LEVELS]
    levels = np.linspace(-1, 1, LEVELS)
    style = "".join(
        f".{name}{{background:{colour(level)}}}\n"
        for name, level in zip(classes, levels, strict=True)
    )
    header, *rows = [[html.escape(cell) for cell in row] for row in table]
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n"
        "body{font:16px/1.5 sans-serif;color:#111;background:#fff;max-width:60em;margin:2em auto;"
        "padding:0 1em}\n"
        "table{border-collapse:collapse}\nth,td{padding:.2em .8em .2em 0;text-align:left;"
        "border-bottom:1px solid #ddd}\n"
        "pre{font:14px/1.45 monospace;white-space:pre-wrap;overflow-wrap:anywhere}\n"
        f"b{{font-weight:400}}\n{style}</style>\n"
        f"<h1>{html.escape(title)}</h1>\n<p>{html.escape(intro)}</p>\n",
        "<table>\n<tr>" + "".join(f"<th>{cell}</th>" for cell in header) + "</tr>\n",
        *("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows),
        "</table>\n",
    ]
    for heading, texts, values in sections:
        numbers = np.rint((np.asarray(values) + 1) / 2 * (LEVELS - 1)).astype(int)
        parts.append(f"<h2>{html.escape(heading)}</h2>\n<pre>")
        for number, same in itertools.groupby(
            zip(numbers, texts, strict=True), key=lambda pair: pair[0]
        ):
            text = html.escape("".join(text for _, text in same), quote=False)
            parts.append(f"<b class={classes[number]}>{text}</b>")
        parts.append("</pre>\n")
    return "".join(parts) + "</html>\n"


def picture(path, sections):
    """A few lines of text for each section, each character on the colour of its cell.

    Args:
        path: Where the PNG goes.
        sections: As for `page`.
    """
    from matplotlib.colors import LinearSegmentedColormap

    ends = [colour(-1), colour(0), colour(1)]
    colours = LinearSegmentedColormap.from_list("cells", ends).with_extremes(bad="white")
    rows = [_lines(texts, values) for _, texts, values in sections]
    heights = [len(lines) + 1.5 for lines in rows]
    width = max(len(line) for lines in rows for line in lines)
    with plots.figure(
        path, width=0.105 * width + 0.2, height=0.19 * sum(heights) + 0.2, nrows=len(rows),
        squeeze=False, height_ratios=heights,
    ) as panels:  # fmt: skip
        for axes, (heading, *_), lines in zip(panels[:, 0], sections, rows, strict=True):
            grid = np.full((len(lines), width), np.nan)
            for row, line in enumerate(lines):
                for column, (character, value) in enumerate(line):
                    grid[row, column] = value
                    if not character.isspace():
                        axes.text(
                            column, row, plots.drawable(character), ha="center", va="center",
                            fontsize=9,
                        )  # fmt: skip
            axes.imshow(grid, cmap=colours, vmin=-1, vmax=1, aspect="auto")
            axes.set_axis_off()
            axes.set_title(plots.drawable(heading), fontsize=9, loc="left", pad=3)


def _lines(texts, values):
    """The first lines, broken where they are too long.

    Returns:
        A list of lists of characters, each with its value.
    """
    lines = [[]]
    for text, value in zip(texts, values, strict=True):
        for character in text:
            if len(lines[-1]) == COLUMNS or (lines[-1] and lines[-1][-1][0] == "\n"):
                lines.append([])
            lines[-1].append((character, value))
    return lines[:LINES]
