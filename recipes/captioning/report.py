"""The report and the plots of a captioner."""

import numpy as np

from recipes.captioning import plots as captioning_plots
from recipes.captioning import writing
from recipes.common import plots, report, storage
from recipes.common.pictures import decode

NEEDED = ("test", "baselines", "greedy")  # of `metrics.json`, for `summary`
NAMES = {
    "recurrent": "recurrent network",
    "shuffled": "the same, pictures shuffled",
    "consensus": "consensus of 25 nearest pictures",
    "nearest": "caption of the nearest picture",
    "commonest": "the commonest caption",
}
SHEET, WORST, ATTENDED, IN_TABLE = 16, 8, 3, 12


def summary(metrics):
    """Lines for people on what a training came to."""
    rows = {"recurrent": metrics["test"], **metrics["baselines"]}
    truth = "true" in metrics["test"]
    width = max(map(len, NAMES.values()))
    lines = [f"test: BLEU-4, CIDEr-D{', true captions' if truth else ''}"]
    for name, row in rows.items():
        share = f"  {row['true']:6.1%}" if "true" in row else ""
        lines.append(f"  {NAMES[name]:<{width}}  {row['bleu4']:5.1f}  {row['cider']:6.3f}{share}")
    if found := metrics["test"].get("attention_on_named"):
        lines.append(f"  attention on the object that is named: {found:.1f} times its area")
    return [*lines, *(f"  {sample}" for sample in metrics.get("samples", []))]


def write(run, data, stages, results, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        data: The `Data` of the stage whose weights were kept.
        stages: The `Stages`.
        results: The `measure.Results`.
        metrics: The content of `metrics.json`.
    """
    rows = [("recurrent", metrics["test"]), *metrics["baselines"].items()]
    pictures = _write_plots(run, data, stages, results, rows)
    part, chosen = data.parts["test"], results.shuffled_order
    columns = list(metrics["test"])
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run,
            metrics,
            "pictures",
            (f"best epoch, by {run.config.monitor} of greedy output", stages.history.best["epoch"]),
            ("tokens", f"{data.facts['vocab_size']:,}"),
            ("metrics", metrics["signature"]),
        ),
        (
            "Results: test",
            report.table(
                ["captions by", *columns],
                [(NAMES[name], *(row.get(column, "") for column in columns)) for name, row in rows],
            ),
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
        (
            "Samples",
            report.table(
                ["picture", "written", "reference"],
                [
                    (
                        _name(part, i),
                        report.shorten(results.test.captions[i]),
                        report.shorten(part.references[i][0]),
                    )
                    for i in chosen[:IN_TABLE]
                ],
            ),
        ),
    )
    storage.write_text(run.directory / "report.md", page)


def _write_plots(run, data, stages, results, rows):
    """Write the plots and give their names."""
    directory, part, chosen = run.directory, data.parts["test"], results.shuffled_order
    plots.learning_curves(
        stages,
        directory / "learning_curves.png",
        ("crossentropy", run.config.monitor),
        trained=("crossentropy",),
    )
    captioning_plots.scores(
        [(NAMES[name], row["bleu4"], row["cider"]) for name, row in rows], directory / "scores.png"
    )
    worst = np.argsort(results.each, kind="stable")[:WORST]
    for name, numbers in (("samples.png", chosen[:SHEET]), ("worst.png", worst)):
        _write_sheet(part, results, numbers, directory / name)
    names = ["learning_curves.png", "scores.png", "samples.png", "worst.png"]
    if results.test.written[0]["attention"] is not None:
        for number, i in enumerate(chosen[:ATTENDED], start=1):
            names.append(f"attention_{number}.png")
            words, weights = writing.attended(data.tokenizer, results.test.written[i])
            captioning_plots.attention(_picture(part, i), words, weights, directory / names[-1])
    return names


def _write_sheet(part, results, chosen, path):
    captions, each = results.test.captions, results.each
    samples = [
        (_picture(part, i), captions[i], part.references[i][0], f"CIDEr-D {each[i]:.2f}")
        for i in chosen
    ]
    captioning_plots.sheet(samples, path)


def _name(part, i):
    """The file of a picture, or its number in a set whose pictures lie in one file."""
    picture = part.rows.pictures[i]
    return picture.name if picture.is_file else part.rows.places[i]


def _picture(part, i):
    """A picture of a part as `(H, W, 3)` uint8, for plots."""
    return decode.decode(part.rows.pictures[i].read(), captioning_plots.SIZE)
