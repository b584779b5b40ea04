"""The report and the pictures of a network over glimpses."""

import numpy as np

from recipes.common import plots, report, storage
from recipes.common.labelling import plots as labelling_plots
from recipes.glimpses import plots as glimpses_plots

NEEDED = ("test", "baselines", "task")  # of `metrics.json`, for `summary`
NAMES = {
    "glimpses": "glimpses where it was learned to look",
    "random": "as many glimpses anywhere",
    "cnn": "a convolutional network that sees all",
}
DRAWN, MISTAKES = 6, 4  # scenes


def rows_of(metrics):
    """Figures by network, that of the run first."""
    own = {
        **metrics["test"],
        "parameters": metrics["parameters"],
        "seconds": metrics["seconds"]["train"],
    }
    return {"glimpses": own, **metrics["baselines"]}


def summary(metrics):
    """Lines for people on what a training came to."""
    rows = []
    for name, values in rows_of(metrics).items():
        low, high = values["interval"]
        rows.append((f"  {NAMES[name]}", f"{values['error']:.2%} ({low:.2%} to {high:.2%})"))
    what = "a wrong label" if metrics["task"] == "pairs" else "the wrong label"
    return [f"test scenes with {what}, and the interval of 95 in 100", report.columns(rows)]


def write(run, scenes, model, stages, found, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        scenes: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        found: What the model gives for the test scenes.
        metrics: The content of `metrics.json`.
    """
    directory, test = run.directory, scenes.test
    plots.learning_curves(stages, directory / "learning_curves.png")
    pictures = ["learning_curves.png"]
    answers = found["logits"].argmax(-1)
    wrong = answers != test.labels
    if test.labels.ndim == 1:
        labelling_plots.confusion_matrix(
            test.labels, answers, scenes.names, directory / "confusion.png"
        )
        pictures.append("confusion.png")
    else:
        wrong = wrong.any(-1)
    _draw(model, scenes, found, np.arange(len(test))[:DRAWN], directory / "paths.png")
    mistakes = np.flatnonzero(wrong)[:MISTAKES]
    if len(mistakes):
        _draw(model, scenes, found, mistakes, directory / "mistakes.png")
    glimpses_plots.locations(found["locations"], test.image_shape, directory / "locations.png")
    page = report.document(
        f"{run.recipe}: {run.config.task}, {run.config.data}",
        report.how_it_was_made(run, metrics, "pictures", ("labels", ", ".join(scenes.names[:20]))),
        ("Test results", _results(metrics)),
        (
            "Where it looked",
            "![paths.png](paths.png)\n\nThe first test scenes, each with its glimpses in order and "
            "what they showed, the finest patch above, and the likeliest label after each.\n\n"
            "![locations.png](locations.png)\n\nThe places of each glimpse over all test scenes.",
        ),
        ("Mistakes", "![mistakes.png](mistakes.png)" if len(mistakes) else ""),
        ("Training", "\n\n".join(f"![{name}]({name})" for name in pictures)),
    )
    storage.write_text(directory / "report.md", page)


def _results(metrics):
    rows = []
    for name, values in rows_of(metrics).items():
        low, high = values["interval"]
        shown = [f"{values['error']:.2%}", f"{low:.2%} to {high:.2%}", f"{values['wrong']:,}"]
        places = ", ".join(f"{error:.2%}" for error in values.get("error_by_place", ())) or "–"
        more = [f"{values['crossentropy']:.4f}", f"{values['parameters']:,}"]
        rows.append([NAMES[name], *shown, places, *more, report.seconds(values["seconds"])])
    header = [
        "network", "error", "95 in 100", "wrong", "by place, the end last", "nats", "parameters",
        "training",
    ]  # fmt: skip
    return report.table(header, rows)


def _draw(model, scenes, found, chosen, path):
    test, names, end = scenes.test, scenes.names, len(scenes.names)
    titles = []
    for index in chosen:
        truth = np.atleast_1d(test.labels[index])
        answer = np.atleast_1d(found["logits"][index].argmax(-1))
        shown = [" ".join(names[i] for i in row if i < end) for row in (answer, truth)]
        titles.append(shown[0] if shown[0] == shown[1] else f"{shown[0]}, true: {shown[1]}")
    shown = {name: array[chosen] for name, array in found.items()}
    glimpses_plots.paths(model, test.images[chosen], shown, titles, names, path)
