"""The report and the pictures of a classifier of pictures."""

import numpy as np

from recipes.common import plots, report, storage
from recipes.common.labelling import plots as labelling_plots
from recipes.digits import plots as digits_plots

NEEDED = ("test", "baselines", "network")  # of `metrics.json`, for `summary`
NAMES = {
    "cnn": "cnn, seen at once",
    "mlp": "mlp, seen at once",
    "rnn": "rnn, read row by row",
    "linear": "linear, no hidden layer",
    "majority": "always the commonest label",
}
MOST_WRONG = 40
LONGEST = 14  # characters of a name in a title
FIGURES = ("error", "wrong", "accuracy", "crossentropy", "parameters", "seconds")
EXPLAINED = {
    "rnn": "What the network believes after each row that it has read",
    "cnn": "A picture of each label and its strongest maps after each block",
    "mlp": "Weights of the first layer, as pictures",
    "linear": "Weights of each label, as pictures",
}


def rows_of(metrics):
    """Figures by network, that of the run first."""
    own = {
        **metrics["test"],
        "parameters": metrics["parameters"],
        "seconds": metrics["seconds"]["train"],
    }
    return {metrics["network"]: own, **metrics["baselines"]}


def summary(metrics):
    """Lines for people on what a training came to."""
    rows = [
        (f"  {NAMES[name]}", f"{values.get('error', 1 - values['accuracy']):.2%}")
        for name, values in rows_of(metrics).items()
    ]
    low, high = metrics["test"]["interval"]
    return [
        "test error",
        report.columns(rows),
        f"{metrics['test']['wrong']} wrong; 95 in 100: {low:.2%} to {high:.2%}",
    ]


def write(run, pictures, model, stages, probabilities, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        pictures: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        probabilities: `(N, num_classes)` of the test part.
        metrics: The content of `metrics.json`.
    """
    directory, test, names = run.directory, pictures.parts["test"], pictures.names
    plots.learning_curves(stages, directory / "learning_curves.png")
    labelling_plots.confusion_matrix(
        test.labels, probabilities.argmax(-1), names, directory / "confusion.png"
    )
    wrong = np.flatnonzero(probabilities.argmax(-1) != test.labels)
    order = np.argsort(probabilities[wrong, test.labels[wrong]], kind="stable")[:MOST_WRONG]
    shown = wrong[order]
    if len(shown):
        titles = [
            _title(names[test.labels[i]], names[probabilities[i].argmax()], probabilities[i].max())
            for i in shown
        ]
        digits_plots.sheet(test.images[shown], titles, directory / "mistakes.png")
    examples = [np.flatnonzero(test.labels == label)[:1] for label in range(len(names))]
    examples = test.images[np.concatenate(examples)][: digits_plots.MOST]
    drawn = digits_plots.explain(model, run.config.network, examples, names, directory)
    figures = [
        (NAMES[name], *(_figure(values.get(key)) for key in FIGURES))
        for name, values in rows_of(metrics).items()
    ]
    found = ["learning_curves.png", "confusion.png", *(["mistakes.png"] if len(shown) else [])]
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(run, metrics, "pictures", ("labels", ", ".join(names[:20]))),
        ("Test results", report.table(["network", *FIGURES], figures)),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in found)),
        (EXPLAINED[run.config.network], f"![{drawn}]({drawn})"),
    )
    storage.write_text(directory / "report.md", page)


def _title(true, predicted, probability):
    """A title no wider than its picture: words take two lines."""
    between = " → " if len(true) + len(predicted) <= 6 else " →\n"
    true, predicted = (
        name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…" for name in (true, predicted)
    )
    return f"{true}{between}{predicted} {probability:.2f}"


def _figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value > 1.5 or isinstance(value, int) else value
