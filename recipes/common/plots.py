"""Pictures of a run, as PNG files."""

import contextlib
import itertools
import pathlib

import numpy as np

from recipes.common import fonts
from recipes.common.errors import UserError

BLUE, RED, GREY = "#1f6fb4", "#c8402f", "#8a8a8a"


def check_path(path):
    """Refuse a place that no picture can be written to, before there is one.

    Raises:
        UserError: If the name does not end in .png or its folder is missing.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() != ".png":
        raise UserError(f"--plot must name a PNG file, such as plot.png; got {path}.")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"lies in {path.parent}, which is no folder"
        raise UserError(f"--plot {path} {what}.")


@contextlib.contextmanager
def figure(path, width=7.0, height=4.2, layout="constrained", **options):
    """Axes of a figure that is written to `path` when the block ends."""
    # Without pyplot, so that a notebook's own pictures are drawn as before.
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style = {
        "axes.spines.top": False,
        "axes.spines.right": False,
        "font.family": fonts.FONTS.families,
    }
    with matplotlib.rc_context(style), fonts.without_warnings():
        drawing = Figure(figsize=(width, height), layout=layout)
        FigureCanvasAgg(drawing)
        yield drawing.subplots(**options)
        fonts.apply(drawing)
        drawing.savefig(path, dpi=120)


def learning_curves(stages, path, metrics=("crossentropy", "accuracy"), trained=None):
    """Training and validation metrics over the epochs of all stages, a panel each.

    The epoch whose weights were kept is marked.

    Args:
        stages: The `training.history.Stages`.
        path: Where the picture goes.
        metrics: Names of the metrics.
        trained: Those of them that are known of the training too; all if None.
    """
    rows = [row for history in stages.histories.values() for row in history.rows]
    starts = np.cumsum([0, *map(len, stages.histories.values())])
    before = dict(zip(stages.histories, starts, strict=False))
    kept = before[stages.kept] + stages.history.best["epoch"]
    with figure(path, width=9, ncols=len(metrics)) as panels:
        for axes, metric in zip(panels, metrics, strict=True):
            for name, label, color in (
                (metric, "training, with dropout", GREY),
                (f"val_{metric}", "validation", BLUE),
            ):
                if trained is not None and metric not in trained and name == metric:
                    continue
                for start, end in itertools.pairwise(starts):
                    epochs = range(start + 1, end + 1)
                    values = [row[name] for row in rows[start:end]]
                    axes.plot(epochs, values, "o-", color=color, label=None if start else label)
            axes.plot(
                kept, stages.history.best[f"val_{metric}"], "o", color=RED, label="kept", zorder=3
            )
            for name, start in before.items():
                if start:
                    axes.axvline(start + 0.5, color=GREY, linewidth=0.8, linestyle=":")
                    axes.annotate(
                        name.replace("_", " "), (start + 0.5, 1),
                        xycoords=("data", "axes fraction"), ha="left", va="bottom", fontsize=8,
                        color=GREY,
                    )  # fmt: skip
            axes.set_title(metric, pad=14 if len(before) > 1 else None)  # above the stages' names
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend(frameon=False)


def drawable(text):
    """The text for a plot, with fonts that have its characters; a dollar sign would start maths."""
    fonts.FONTS.learn(text)
    return text.replace("$", r"\$")


def search(trials, objective, path):
    """The score of every trial against each hyperparameter, a panel each.

    Args:
        trials: Dicts with `overrides` and `score`.
        objective: Name of the score.
        path: Where the picture goes.
    """
    if not trials:
        return
    names = list(trials[0]["overrides"])
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    scores = [trial["score"] for trial in trials]
    best = int(np.argmax(scores))
    with figure(
        path, width=3.4 * columns, height=2.6 * lines, nrows=lines, ncols=columns, squeeze=False
    ) as panels:
        for axes in panels.flat[len(names) :]:
            axes.set_axis_off()
        for axes, name in zip(panels.flat, names, strict=False):
            values = [trial["overrides"][name] for trial in trials]
            distinct = sorted(set(values))
            if isinstance(values[0], float):
                places = values
                if min(values) > 0 and max(values) / min(values) > 10:
                    axes.set_xscale("log")
            else:
                places = [distinct.index(value) for value in values]
                axes.set_xticks(range(len(distinct)), distinct)
            axes.plot(places, scores, "o", color=BLUE, alpha=0.6)
            axes.plot(places[best], scores[best], "o", color=RED, label="best")
            axes.set(xlabel=name, ylabel=objective if axes is panels.flat[0] else "")
        panels.flat[0].legend(frameon=False)
