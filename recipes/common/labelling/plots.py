"""Plots of labels: predicted ones against true ones."""

import numpy as np

from recipes.common.plots import drawable, figure

READABLE = 30  # labels up to which each cell has its figures
NAMED = 100  # names on an axis, at most


def confusion_matrix(labels, predicted, names, path):
    """Confusion matrix: predicted labels against true ones; of many labels without figures."""
    from sklearn.metrics import confusion_matrix as count

    counts = count(labels, predicted, labels=range(len(names)))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    size = 3.2 + 0.6 * min(len(names), READABLE)
    few = len(names) <= READABLE
    with figure(path, width=size + 0.6, height=size) as axes:
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(counts.shape) if few else ():
            axes.text(
                column, row, f"{counts[row, column]:,}\n{share[row, column]:.1%}",
                ha="center", va="center", color="white" if share[row, column] > 0.5 else "black",
            )  # fmt: skip
        ticks = range(0, len(names), -(-len(names) // NAMED))
        shown = [drawable(names[tick]) for tick in ticks]
        axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix (test)")
        axes.set_xticks(ticks, shown, rotation=(30 if few else 90) if len(names) > 3 else 0)
        axes.set_yticks(ticks, shown)
