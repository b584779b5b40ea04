"""The report of a painter."""

from recipes.common import plots, report, storage
from recipes.drawing import plots as drawing_plots

NEEDED = ("test", "baselines")  # of `metrics.json`, for `summary`
NAMES = {
    "draw": "DRAW",
    "autoencoder": "autoencoder of equal size, at once",
    "mean picture": "mean picture, pixels independent",
}
FIGURES = ("bound", "reconstruction", "divergence", "importance_weighted", "parameters", "seconds")


def rows_of(metrics):
    """Figures by network, that of the run first."""
    own = {"parameters": metrics["parameters"], "seconds": metrics["seconds"]["train"]}
    return {"draw": {**metrics["test"], **own}, **metrics["baselines"]}


def summary(metrics):
    """Lines for people on what a training came to."""
    test = metrics["test"]
    rows = [(f"  {NAMES[name]}", f"{row['bound']:.2f}") for name, row in rows_of(metrics).items()]
    return [
        "bound of the test pictures' negative log-likelihood, in nats",
        report.columns(rows),
        f"importance-weighted, {test['samples']} samples of {test['weighted_pictures']:,} pictures "
        f"whose bound is {test['bound_of_weighted']:.2f}: {test['importance_weighted']:.2f}",
    ]


def write(run, data, model, stages, metrics):
    """Write the pictures and `report.md` of a training into the run directory.

    Args:
        run: The run.
        data: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        metrics: The content of `metrics.json`.
    """
    directory = run.directory
    plots.learning_curves(stages, directory / "learning_curves.png", ("elbo", "divergence"))
    pages = drawing_plots.write(model.get_layer("strokes"), data.parts["test"], metrics, directory)
    test = metrics["test"]
    figures = [
        (NAMES[name], *(_figure(row.get(key)) for key in FIGURES))
        for name, row in rows_of(metrics).items()
    ]
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run, metrics, "pictures", ("binarisation", run.config.binarise),
            ("strokes", run.config.steps),
        ),
        (
            "Test results",
            "Nats a picture, of the negative log-likelihood. The bound has one sample a picture; "
            f"its standard error is {test['standard_error']:.2f}. The importance-weighted estimate "
            f"has {test['samples']} samples of the first {test['weighted_pictures']:,} pictures, "
            f"whose bound is {test['bound_of_weighted']:.2f}.\n\n"
            + report.table(["network", *(name.replace("_", " ") for name in FIGURES)], figures),
        ),
        ("Learning curves", "![learning_curves.png](learning_curves.png)"),
        *((text, f"![{name}]({name})") for name, text in pages.items()),
    )  # fmt: skip
    storage.write_text(directory / "report.md", page)


def _figure(value):
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"
