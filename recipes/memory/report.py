"""The report of a comparison of cells."""

import numpy as np

from recipes.common import plots, report, storage
from recipes.memory import plots as memory_plots
from recipes.memory import sweep

NEEDED = (
    "test",
    "distances",
    "networks",
    "sizes",
    "gradient_flow",
)  # of `metrics.json`, for `summary`


def summary(metrics):
    """Lines for people on what a training came to."""
    lines = []
    for task, header, rows in _tables(metrics):
        lines.append(f"{task}: test accuracy by distance, the mean over seeds")
        lines.append("  " + "".join(f"{name:>8}" for name in ("", *header)))
        for cell, seeds in rows:
            shown = "".join(f"{np.mean(row):8.2f}" if row else f"{'–':>8}" for row in seeds)
            lines.append(f"  {cell:>8}{shown}")
    lines.append("gradient that arrives from one end of the distance at the other, before training")
    flows = metrics["gradient_flow"]
    lines.append(
        report.columns(
            [(f"  {cell}", f"{row['start']['arrives']:.1e}") for cell, row in flows.items()]
        )
    )
    return lines


def _tables(metrics):
    """For each task its name, the distances, and for each cell the accuracies at each of them."""
    found, every = metrics["networks"], metrics["distances"]
    cells = list(dict.fromkeys(row["cell"] for row in found))
    for task in dict.fromkeys(row["task"] for row in found):
        rows = []
        for cell in cells:
            by_distance = sweep.accuracies(found, task, cell)
            rows.append((cell, [by_distance.get(distance, []) for distance in every]))
        yield task, every, rows


def write(run, stages, metrics):
    """Write the plots and `report.md` of a comparison into the run directory.

    Args:
        run: The run.
        stages: The `Stages` of the network that was trained first.
        metrics: The content of `metrics.json`.
    """
    directory, config = run.directory, run.config
    plots.learning_curves(stages, directory / "learning_curves.png")
    memory_plots.memory(metrics, directory / "memory.png")
    memory_plots.gradients(metrics, directory / "gradients.png")
    first = f"{config.cell}, {config.task}, distance {config.distance}"
    page = report.document(
        f"{run.recipe}: {config.data}",
        (
            "Accuracy by distance",
            "![memory.png](memory.png)\n\nTest accuracy, the mean over seeds and in brackets the "
            "least and the greatest. A dash: not trained, as the cell was at chance at "
            f"{config.give_up} distances before.{_of_diverged(metrics['networks'])}\n\n"
            + "\n\n".join(
                f"**{task}**\n\n" + report.table(["cell", *map(str, header)], _with_ranges(rows))
                for task, header, rows in _tables(metrics)
            ),
        ),
        (
            "Gradients through time",
            f"![gradients.png](gradients.png)\n\nTask {config.task}, distance {config.distance}: "
            "the factor by which the gradient changes with each step back, and the share of it "
            "that is left at the token that decides. Of the LSTM, at its cell state.\n\n"
            + _gradients(metrics["gradient_flow"]),
        ),
        (
            "Sizes",
            report.table(
                ["cell", "units", "parameters", "learning rate"],
                [
                    (cell, size["units"], f"{size['parameters']:,}", report.brief(size["rate"]))
                    for cell, size in metrics["sizes"].items()
                ],
            ),
        ),
        report.how_it_was_made(
            run,
            metrics,
            "sequences",
            (
                "time of the networks to compare, added up",
                report.seconds(metrics["seconds"][sweep.FOLDER]),
            ),
        ),
        (f"The network that was trained first: {first}", "![learning curves](learning_curves.png)"),
    )
    storage.write_text(directory / "report.md", page)


def _of_diverged(found):
    count = sum(row.get("diverged", False) for row in found)
    if not count:
        return ""
    return f" {count} of {len(found)} networks diverged; their best weights before are measured."


def _with_ranges(rows):
    for cell, seeds in rows:
        shown = []
        for row in seeds:
            between = f" ({min(row):.2f}–{max(row):.2f})" if len(row) > 1 else ""
            shown.append(f"{np.mean(row):.3f}{between}" if row else "–")
        yield cell, *shown


def _gradients(flows):
    rows = []
    for cell, by_time in flows.items():
        row = [cell]
        for when in ("start", "trained"):
            flow = by_time.get(when)
            row += [f"{flow['decay']:.3f}", f"{flow['arrives']:.1e}"] if flow else ["–", "–"]
        rows.append(row)
    header = ["cell", "factor before", "share left before", "factor after", "share left after"]
    return report.table(header, rows)
