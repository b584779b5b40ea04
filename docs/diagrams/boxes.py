"""Boxes and arrows, drawn as SVG files.

A box is `(x, y, width, text, kind)` by name, an arrow `(from, to)` or `(from, to, label)`; arrows
go up where boxes lie one over the other, else sideways.
"""

import pathlib

import matplotlib

matplotlib.use("Agg")

from matplotlib import patches, pyplot

PLACE = pathlib.Path(__file__).parents[1] / "figures" / "models"
COLORS = {"data": "#eef1f4", "learned": "#d6e6f5", "step": "#ffffff", "answer": "#dcefe0"}
INK, HEIGHT = "#24292f", 0.6
# Letters as outlines: every browser shows the same, and a new run writes the same bytes.
STYLE = {"svg.fonttype": "path", "svg.hashsalt": "zoo", "font.size": 9, "mathtext.fontset": "cm"}


def draw(name, boxes, arrows, note=""):
    """Write one diagram."""
    left = min(x - width / 2 for x, _, width, *_ in boxes.values()) - 0.1
    right = max(x + width / 2 for x, _, width, *_ in boxes.values()) + 0.1
    low = min(y for _, y, *_ in boxes.values()) - HEIGHT / 2 - (0.4 if note else 0.1)
    high = max(y for _, y, *_ in boxes.values()) + HEIGHT / 2 + 0.1
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=((right - left) * 0.95, (high - low) * 0.62))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(left, right), ylim=(low, high))
        axes.set_axis_off()
        for x, y, width, text, kind in boxes.values():
            axes.add_patch(
                patches.FancyBboxPatch(
                    (x - width / 2, y - HEIGHT / 2), width, HEIGHT, mutation_aspect=1.5,
                    boxstyle="round,pad=0,rounding_size=0.08", facecolor=COLORS[kind],
                    edgecolor=INK, linewidth=0.9,
                )
            )  # fmt: skip
            axes.text(x, y, text, ha="center", va="center", color=INK, linespacing=1.25)
        for start, end, *label in arrows:
            _arrow(axes, boxes[start], boxes[end], *label)
        if note:
            axes.text(left + 0.1, low + 0.12, note, ha="left", va="center", color="#57606a")
        figure.savefig(PLACE / f"{name}.svg", facecolor="white", metadata={"Date": None})
        pyplot.close(figure)


def _arrow(axes, start, end, label=""):
    (x1, y1, width1, *_), (x2, y2, width2, *_) = start, end
    if abs(y2 - y1) < HEIGHT:  # side by side
        sign = 1 if x2 > x1 else -1
        tail, head = (x1 + sign * width1 / 2, y1), (x2 - sign * width2 / 2, y2)
    else:
        sign = 1 if y2 > y1 else -1
        # Straight up wherever the wider box allows it.
        x = x1 if width1 <= width2 else x2
        inside = abs(x - x1) <= width1 / 2 and abs(x - x2) <= width2 / 2
        tail = (x if inside else x1, y1 + sign * HEIGHT / 2)
        head = (x if inside else x2, y2 - sign * HEIGHT / 2)
    axes.annotate(
        "", head, tail,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9, "mutation_scale": 9,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
    if label:
        x, y = (tail[0] + head[0]) / 2, (tail[1] + head[1]) / 2
        beside = abs(y2 - y1) >= HEIGHT
        axes.text(
            x + (0.07 if beside else 0), y + (0 if beside else 0.1), label, color="#57606a",
            ha="left" if beside else "center", va="center" if beside else "bottom", fontsize=8,
        )  # fmt: skip


def row(prefix, texts, y, kind, start=0.0, width=0.95, gap=1.25):
    """Boxes side by side, named by prefix and number."""
    return {
        f"{prefix}{i}": (start + i * gap, y, width, text, kind)
        for i, text in enumerate(texts, start=1)
    }


def chain(prefix, count, backwards=False):
    """Arrows from each box of a row to the next one."""
    pairs = [(f"{prefix}{i}", f"{prefix}{i + 1}") for i in range(1, count)]
    return [pair[::-1] for pair in pairs] if backwards else pairs


def up(lower, higher, count):
    """Arrows from each box of a row to that above it."""
    return [(f"{lower}{i}", f"{higher}{i}") for i in range(1, count + 1)]


def into(prefix, count, target, label=""):
    """Arrows from each box of a row to one box."""
    return [(f"{prefix}{i}", target, *([label] if label else [])) for i in range(1, count + 1)]
