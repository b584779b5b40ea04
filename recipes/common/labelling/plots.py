"""Plots of labels: predicted ones against true ones."""

import numpy as np

from recipes.common.plots import drawable, figure


def confusion_matrix(labels, predicted, names, path):
    """Confusion matrix: predicted labels against true ones."""
    from sklearn.metrics import confusion_matrix as count

    counts = count(labels, predicted, labels=range(len(names)))
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    size = 3.2 + 0.6 * len(names)
    shown = [drawable(name) for name in names]
    with figure(path, width=size + 0.6, height=size) as axes:
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(counts.shape):
            axes.text(
                column, row, f"{counts[row, column]:,}\n{share[row, column]:.1%}",
                ha="center", va="center", color="white" if share[row, column] > 0.5 else "black",
            )  # fmt: skip
        ticks = range(len(names))
        axes.set(xlabel="predicted", ylabel="true", title="Confusion matrix (test)")
        axes.set_xticks(ticks, shown, rotation=30 if len(names) > 3 else 0)
        axes.set_yticks(ticks, shown)
