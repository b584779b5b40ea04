"""Plots of translations: attention over source words, and BLEU by length."""

import numpy as np

from recipes.common import report
from recipes.common.plots import BLUE, GREY, RED, drawable, figure

COLORS = (RED, BLUE, GREY, "black")
HEAT_MAPS = 4  # in a picture
LONGEST_LABEL = 24  # characters; an untrained model may write a word without end


def alignments(maps, path):
    """Heat maps of attention, source words across, written words down.

    Args:
        maps: `(source words, target words, weights (T, S))` each.
        path: Where the picture goes.
    """
    columns = min(2, len(maps))
    lines = -(-len(maps) // columns)
    longest = max(max(len(source), len(target)) for source, target, _ in maps)
    size = 1.6 + 0.27 * longest
    with figure(
        path, width=size * columns, height=size * lines, nrows=lines, ncols=columns, squeeze=False
    ) as panels:
        for axes in panels.flat[len(maps) :]:
            axes.set_axis_off()
        for axes, (source, target, weights) in zip(panels.flat, maps, strict=False):
            axes.imshow(weights, cmap="Greys", vmin=0, vmax=1, aspect="equal")
            axes.set_xticks(range(len(source)), map(_label, source), rotation=90, fontsize=8)
            axes.set_yticks(range(len(target)), map(_label, target), fontsize=8)
            axes.xaxis.tick_top()
            axes.tick_params(length=0)


def _label(word):
    return drawable(report.shorten(word, LONGEST_LABEL))


def bleu_by_length(groups, path):
    """BLEU against the length of the source, a line a model.

    Args:
        groups: By name of the model, what `Scorer.bleu_by_length` gives.
        path: Where the picture goes.
    """
    first = next(iter(groups.values()))
    positions = np.arange(len(first))
    with figure(path) as axes:
        for (name, rows), color in zip(groups.items(), COLORS, strict=False):
            axes.plot(positions, [row["bleu"] for row in rows], "o-", color=color, label=name)
        axes.set_xticks(positions, [f"{row['words']}\n({row['count']:,})" for row in first])
        axes.set(
            xlabel=f"{first[0]['unit']} in the source (sentences)", ylabel="BLEU", ylim=(0, None)
        )
        axes.set_title("BLEU by length of the source")
        axes.legend(frameon=False)
