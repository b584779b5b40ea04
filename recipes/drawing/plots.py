"""Plots of a painter: what it paints, and where the nats go."""

import numpy as np

from recipes.common.plots import BLUE, figure
from recipes.drawing import pictures

PAINTED = 64  # new pictures
SHOWN = 8  # pictures stroke by stroke
PAIRS = 24  # pictures and what is painted of them
SEED = 1


def write(layer, part, metrics, directory):
    """Write all pictures of a finished training.

    Args:
        layer: The layer that paints.
        part: The test part, black and white.
        metrics: The content of `metrics.json`.
        directory: Where they go.

    Returns:
        The names of the files, in order, each with what it shows.
    """
    labels = _labels(layer, PAINTED)
    painted = layer.generate(PAINTED, labels, SEED)
    page = pictures.coloured(pictures.grey(painted["logits"]), 2)
    pictures.save_png(pictures.sheet(page, 10 if labels is not None else 8), directory / NEW)

    views = {name: np.asarray(x)[:, :SHOWN] for name, x in painted.items() if name != "logits"}
    pictures.save_growing(views, layer, directory / GROWING)
    pictures.save_strokes(views, layer, directory / STROKES)

    labels = part.labels[:PAIRS] if layer.num_classes else None
    again = layer.reconstruct(part.images[:PAIRS] / 255, labels, SEED)
    views = {name: np.asarray(again[name])[:, :SHOWN] for name in again if name in VIEWS}
    pictures.save_strokes(views, layer, directory / READING)
    pictures.save_png(
        beside(part.images[:PAIRS], np.asarray(again["logits"])), directory / RECONSTRUCTED
    )
    divergence(metrics["test"]["divergence_by_stroke"], directory / NATS)
    return PAGES


NEW, GROWING, STROKES = "painted.png", "painting.gif", "strokes.png"
READING, RECONSTRUCTED, NATS = "reading.png", "reconstructed.png", "divergence.png"
VIEWS = ("canvases", "read_windows", "write_windows")
PAGES = {
    NEW: "New pictures, painted from the prior",
    GROWING: "The canvas stroke by stroke, with the window that writes (red)",
    STROKES: "The same, a line a picture; the last column is the finished one",
    RECONSTRUCTED: "Test pictures, and below each what is painted of it",
    READING: "Test pictures being painted: the window that reads is green, that which writes red",
    NATS: "Divergence from the prior by stroke",
}


def _labels(layer, count):
    """Labels in turn, or None without classes."""
    return np.arange(count) % layer.num_classes if layer.num_classes else None


def beside(images, logits, columns=8, scale=2):
    """A sheet of pictures, and below each line what was painted of it."""
    both = [pictures.coloured(x, scale) for x in (images, pictures.grey(logits))]
    lines = []
    for start in range(0, len(images), columns):
        for shown in both:
            line = shown[start : start + columns]
            more = columns - len(line) if len(images) > columns else 0
            lines.append(np.pad(line, [(0, more), (0, 0), (0, 0), (0, 0)]))
    return pictures.sheet(np.concatenate(lines), min(columns, len(images)))


def divergence(nats, path):
    """Divergence of each stroke as bars."""
    with figure(path, height=3) as axes:
        axes.bar(range(1, len(nats) + 1), nats, color=BLUE)
        axes.set(xlabel="stroke", ylabel="nats, mean over test pictures")
        axes.xaxis.get_major_locator().set_params(integer=True)
