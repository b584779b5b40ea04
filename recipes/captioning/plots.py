"""Plots of captions: the attention of each word, and sheets of samples."""

import textwrap

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, drawable, figure

SIZE = (224, 224)  # of pictures in plots
COLUMNS = 6


def attention(image, words, weights, path):
    """The picture once, then again for each word with the attention laid over it.

    Args:
        image: `(H, W, 3)` uint8.
        words: The words.
        weights: `(len(words), S)`, the positions of a square grid row by row.
        path: Where the plot goes.
    """
    panels = 1 + len(words)
    columns = min(COLUMNS, panels)
    lines = -(-panels // columns)
    side = round(weights.shape[-1] ** 0.5)
    with figure(
        path, width=2 * columns, height=2.25 * lines, nrows=lines, ncols=columns, squeeze=False
    ) as axes:
        for number, panel in enumerate(axes.flat):
            panel.set_axis_off()
            if number >= panels:
                continue
            panel.imshow(image)
            if number == 0:
                continue
            grid = weights[number - 1].reshape(side, side)
            extent = (-0.5, image.shape[1] - 0.5, image.shape[0] - 0.5, -0.5)
            panel.imshow(
                _dark(grid / max(grid.max(), 1e-9)), extent=extent, interpolation="bilinear"
            )
            panel.set_title(drawable(words[number - 1]), fontsize=11)


def _dark(share):
    """Black that hides what got no attention, `(h, w, 4)`."""
    layer = np.zeros((*share.shape, 4))
    layer[..., 3] = 0.85 * (1 - share)
    return layer


def sheet(samples, path, columns=4):
    """Pictures with the caption of the model above and a reference below.

    Args:
        samples: List of `(image (H, W, 3) uint8, caption, reference, mark)`; the mark, a short text
            such as a score, may be empty.
        path: Where the plot goes.
        columns: Pictures side by side.
    """
    columns = min(columns, len(samples))
    lines = -(-len(samples) // columns)
    with figure(
        path, width=3.2 * columns, height=4.6 * lines, nrows=lines, ncols=columns, squeeze=False
    ) as axes:
        for panel in axes.flat[len(samples) :]:
            panel.set_axis_off()
        for panel, (image, caption, reference, mark) in zip(axes.flat, samples, strict=False):
            panel.imshow(image)
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
            panel.set_title(_wrap(caption), fontsize=9, color=BLUE)
            below = f"{mark}\n{_wrap(reference)}" if mark else _wrap(reference)
            panel.set_xlabel(below, fontsize=8, color=GREY)


def scores(rows, path):
    """BLEU-4 and CIDEr-D of the model beside its baselines, and with pictures shuffled.

    Args:
        rows: `(name, BLEU-4, CIDEr-D)`, the model's first.
        path: Where the plot goes.
    """
    heights = np.arange(len(rows))[::-1]
    with figure(path, width=9, height=1.2 + 0.4 * len(rows), ncols=2, sharey=True) as panels:
        for panel, column, title in zip(panels, (1, 2), ("BLEU-4", "CIDEr-D"), strict=True):
            colors = [RED, *[GREY] * (len(rows) - 1)]
            bars = panel.barh(heights, [row[column] for row in rows], color=colors)
            panel.bar_label(bars, fmt="%.1f" if column == 1 else "%.2f", padding=3)
            panel.set(title=title, yticks=heights, yticklabels=[row[0] for row in rows])
            panel.margins(x=0.15)


def _wrap(text):
    return "\n".join(textwrap.wrap(drawable(text), 40)[:3]) or "(nothing)"
