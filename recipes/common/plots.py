"""Pictures of a run, as PNG files."""

import contextlib
import pathlib

import numpy as np

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
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context({"axes.spines.top": False, "axes.spines.right": False}):
        drawing, axes = pyplot.subplots(figsize=(width, height), layout=layout, **options)
        yield axes
        drawing.savefig(path, dpi=120)
        pyplot.close(drawing)


def learning_curves(history, path, metrics=("crossentropy", "accuracy"), trained=None):
    """Training and validation metrics over the epochs, a panel each.

    Args:
        history: A dict an epoch.
        path: Where the picture goes.
        metrics: Names of the metrics.
        trained: Those of them that are known of the training too; all if None.
    """
    epochs = [row["epoch"] for row in history]
    with figure(path, width=9, ncols=len(metrics)) as panels:
        for axes, metric in zip(panels, metrics, strict=True):
            for name, label, color in (
                (metric, "training, with dropout", GREY),
                (f"val_{metric}", "validation", BLUE),
            ):
                if trained is not None and metric not in trained and name == metric:
                    continue
                axes.plot(epochs, [row[name] for row in history], "o-", color=color, label=label)
            axes.set(xlabel="epoch", title=metric)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.legend(frameon=False)


def confusion_matrix(labels, predicted, names, path):
    """How often each label was taken for each."""
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


def roc_curve(labels, score, name, path):
    """True against false positives of a two-class model, the second class being positive."""
    from sklearn.metrics import roc_auc_score
    from sklearn.metrics import roc_curve as curve

    false_positive, true_positive, _ = curve(labels, score)
    with figure(path, width=4.8, height=4.6) as axes:
        area = roc_auc_score(labels, score)
        axes.plot(false_positive, true_positive, color=BLUE, label=f"area {area:.4f}")
        axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="chance")
        axes.set(xlabel="false positive rate", ylabel="true positive rate")
        axes.set_title(f"ROC of {drawable(repr(name))} (test)")
        axes.legend(frameon=False, loc="lower right")


def words_that_mattered(examples, path, words_a_line=14):
    """Texts with each word coloured by the attention it got.

    Args:
        examples: List of `(title, words, weights)`; the weights of an example sum to about one.
        path: Where the picture goes.
        words_a_line: Words before the line breaks.
    """
    lines = sum(2 + (len(words) - 1) // words_a_line for _, words, _ in examples)
    # No layout engine: it would move the axes after the widths of the words have been measured.
    with figure(path, width=8, height=0.32 * (lines + 1), layout="none") as axes:
        axes.set_position((0.01, 0, 0.98, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, 1), ylim=(lines + 0.5, -0.5))
        renderer = axes.figure.canvas.get_renderer()
        row = 0
        for title, words, weights in examples:
            axes.text(0, row, drawable(title), fontsize=10, weight="bold", va="center")
            strongest = max(weights)
            for number, (word, weight) in enumerate(zip(words, weights, strict=True)):
                if number % words_a_line == 0:
                    row, left = row + 1, 0.0
                drawn = axes.text(
                    left, row, drawable(word), fontsize=10, va="center",
                    bbox={"facecolor": RED, "alpha": 0.75 * weight / strongest, "pad": 1.5,
                          "edgecolor": "none"},
                )  # fmt: skip
                box = drawn.get_window_extent(renderer).transformed(axes.transData.inverted())
                left = box.x1 + 0.008
            row += 1


def drawable(text):
    """The text for a picture: a dollar sign would start mathematics."""
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
