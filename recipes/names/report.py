"""The report and the pictures of a network of names."""

from recipes.common import plots, report, storage
from recipes.names import plots as names_plots

NEEDED = ("test", "baselines", "new_names")  # of `metrics.json`, for `summary`
FIGURES = {
    "crossentropy": "nats per character",
    "bits": "bits per character",
    "novelty": "novelty",
    "validity": "validity",
    "duplicates": "duplicates",
}
USUAL_LENGTH = 7  # of the names in the picture, as far as there are any
SHOWN = 3  # test names in the picture of what comes next
EXPLAINED = (
    "Likelihood is that of names held out: summed, and divided by the number of characters, the "
    "end of each name counted as one. The other figures are of names drawn at temperature 1: "
    "novelty is the share that the training list lacks, validity the share of three characters in "
    "a row, beginning and end included, that it has, duplicates the share that came before."
)


def figures(found):
    """Figures of one model as aligned lines."""
    return report.columns([(name, found[key]) for key, name in FIGURES.items()])


def summary(metrics):
    """Lines for people on what a training came to."""
    baseline = metrics["baselines"]["kneser_ney"]
    models = {"network": metrics["test"], f"n-grams of order {baseline['order']}": baseline}
    width = max(map(len, models))
    lines = [f"test{'':<{width}}" + "  ".join(f"{key:>12}" for key in FIGURES)]
    for name, found in models.items():
        lines.append(f"  {name:<{width}}  " + "  ".join(f"{found[key]:>12.4f}" for key in FIGURES))
    return [*lines, "new names: " + ", ".join(name["name"] for name in metrics["new_names"])]


def write(run, names, network, stages, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        names: Its `Data`.
        network: The trained `Network`.
        stages: Its `Stages`.
        metrics: The content of `metrics.json`.
    """
    directory, baseline = run.directory, metrics["baselines"]["kneser_ney"]
    plots.learning_curves(
        stages, directory / "learning_curves.png", metrics=("crossentropy", "probability")
    )
    test = sorted(names.names("test"), key=lambda name: abs(len(name) - USUAL_LENGTH))
    names_plots.next_characters(network, test[:SHOWN], directory / "next_characters.png")
    rows = {
        "network": metrics["test"],
        f"n-grams of order {baseline['order']}, Kneser-Ney": baseline,
        "the test names themselves": metrics["held_out_names"],
    }
    results = report.table(
        ["model", *FIGURES.values()],
        [(name, *(found.get(key, "–") for key in FIGURES)) for name, found in rows.items()],
    )
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run, metrics, "names", ("characters known", f"{len(names.characters.characters):,}")
        ),
        ("Test results", f"{EXPLAINED}\n\n{results}"),
        (
            "New names",
            report.table(
                ["name", "nats"], [(name["name"], name["nats"]) for name in metrics["new_names"]]
            ),
        ),
        (
            "Pictures",
            "![learning curves](learning_curves.png)\n\nThe likeliest characters after each "
            "beginning of three test names; what came is bold.\n\n![next_characters.png]"
            "(next_characters.png)",
        ),
    )
    storage.write_text(directory / "report.md", page)
