"""Pictures of the comparison: accuracy against distance, and the gradient that arrives."""

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, figure
from recipes.memory import sweep, tasks

COLOURS = {"rnn": RED, "relu": "#e39a2d", "irnn": "#3c9a5f", "gru": "#7a5fb0", "lstm": BLUE}
LABELS = {
    "rnn": "RNN (tanh)",
    "relu": "RNN (ReLU), usual start",
    "irnn": "IRNN (ReLU, identity)",
    "gru": "GRU",
    "lstm": "LSTM",
}
SMALLEST = 1e-12  # gradient that is drawn


def memory(metrics, path):
    """Accuracy against distance, a panel a task, and the gradient before training beside them.

    Args:
        metrics: The content of `metrics.json`.
        path: Where the picture goes.
    """
    found = metrics["networks"]
    names = list(dict.fromkeys(row["task"] for row in found))
    width = 3.6 * (len(names) + 1)
    with figure(path, width=width, height=4.4, ncols=len(names) + 1) as panels:
        for axes, task in zip(panels, names, strict=False):
            _accuracy(axes, found, task, metrics["distances"])
        panels[0].set_ylabel("test accuracy: mean and range over seeds")
        _gradient(panels[-1], metrics["gradient_flow"], "start")
        panels[-1].set_title("gradient, before training")
        lines = panels[-1].get_legend_handles_labels()
        panels[0].figure.legend(*lines, loc="outside lower center", ncols=5, frameon=False)


def gradients(metrics, path):
    """The gradient that arrives at each earlier step, before and after training."""
    with figure(path, width=9, ncols=2, sharey=True) as panels:
        for axes, when in zip(panels, ("start", "trained"), strict=True):
            _gradient(axes, metrics["gradient_flow"], when)
            axes.set_title("before training" if when == "start" else "after training")
        panels[0].legend(frameon=False, fontsize=8)


def _accuracy(axes, found, task, every):
    for cell in dict.fromkeys(row["cell"] for row in found):
        by_distance = sweep.accuracies(found, task, cell)
        if not by_distance:
            continue
        distances, seeds = list(by_distance), list(by_distance.values())
        color = COLOURS[cell]
        axes.plot(distances, [np.mean(row) for row in seeds], "o-", color=color, markersize=4)
        axes.fill_between(
            distances, [min(row) for row in seeds], [max(row) for row in seeds],
            color=color, alpha=0.15, linewidth=0,
        )  # fmt: skip
    axes.axhline(tasks.CHANCE[task], color=GREY, linestyle="--", linewidth=1)
    axes.annotate(
        "commonest answer", (1, tasks.CHANCE[task]), xycoords=("axes fraction", "data"),
        ha="right", va="bottom", fontsize=8, color=GREY,
    )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(every, every)
    axes.minorticks_off()
    axes.set(xlabel="distance in steps", title=task, ylim=(0, 1.03))


def _gradient(axes, flows, when):
    for cell, by_time in flows.items():
        if when in by_time:
            share = np.array(by_time[when]["share"])
            share[share < SMALLEST] = np.nan
            axes.plot(range(1, len(share)), share[1:], color=COLOURS[cell], label=LABELS[cell])
    axes.set_yscale("log")
    axes.set(
        xlabel="steps before the answer",
        ylabel="gradient at the state, share of the last",
    )
