"""The report and the pictures of a network that parks."""

import numpy as np

from recipes.common import plots, report, storage
from recipes.parking import animation
from recipes.parking import plots as parking_plots
from recipes.parking.car import LENGTH
from recipes.parking.measure import of
from recipes.parking.simulator import OUTCOMES, PARKED

NEEDED = ("test", "baselines")  # of `metrics.json`, for `summary`
NAMES = {
    "network": "the network",
    "memoryless": "as many parameters, without memory",
    "expert": "the expert, which sees the whole street",
}
DRAWN, FAILED = 6, 4  # runs


def rows_of(metrics):
    """Figures by what drove, the run's own network first."""
    own = {
        **metrics["test"],
        "parameters": metrics["parameters"],
        "seconds_of_training": metrics["seconds"]["train"],
    }
    return {"network": own, **metrics["baselines"]}


def results(found):
    """Rows for people of one that drove."""
    low, high = found["interval"]
    ends = ", ".join(f"{count} {name}" for name, count in found["outcomes"].items())
    return [
        ("parked", f"{found['success']:.1%} ({low:.1%} to {high:.1%})"),
        ("ends", ends),
        ("changes of direction", f"{found['changes']:.2f}"),
        ("time until it stands", f"{found['seconds']:.1f} s, at most {found['longest']:.0f} s"),
    ]


def summary(metrics):
    """Lines for people on what a training came to."""
    rows = []
    for name, found in rows_of(metrics).items():
        low, high = found["interval"]
        shown = f"{found['success']:.1%} ({low:.1%} to {high:.1%})"
        rows.append((f"  {NAMES[name]}", f"{shown}, {found['changes']:.1f} changes of direction"))
    count = sum(metrics["test"]["outcomes"].values())
    head = f"parked in {count:,} unseen scenes, and the interval of 95 in 100"
    return [head, report.columns(rows)]


def write(run, stages, test, driven, metrics):
    """Write the plots, a GIF, a page that plays a run, and `report.md` into the run directory.

    Args:
        run: The run.
        stages: Its `Stages`.
        test: The test `Scenes`.
        driven: `driving.Runs` in them by what drove, that of the network first.
        metrics: The content of `metrics.json`.
    """
    directory, runs = run.directory, driven["network"]
    plots.learning_curves(stages, directory / "learning_curves.png")
    _progress(stages, directory / "rounds.png")
    _draw(test, runs, np.arange(len(test))[:DRAWN], directory / "ways.png")
    failed = np.flatnonzero(runs.outcome != PARKED)[:FAILED]
    if len(failed):
        _draw(test, runs, failed, directory / "failed.png")
    outcomes = {name: one.outcome for name, one in driven.items()}
    parking_plots.by_length(test.slack, outcomes, directory / "by_length.png")
    shown = _most_telling(runs)
    one, scene = of(runs, shown), test.take(shown)
    animation.gif(scene, one, directory / "run.gif")
    title = f"Test scene {shown.start + 1}: {parking_plots.title(one, 0)}"
    animation.page(scene, one, title, directory / "run.html")
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(run, metrics, "scenes"),
        ("Test results", _results(metrics)),
        (
            "Ways",
            "![ways.png](ways.png)\n\nThe first test scenes from above: where the middle of the "
            "car went, and its outline at the end. Green: the slot.\n\n![run.gif](run.gif)\n\n"
            "[run.html](run.html) plays it, with what the sensors measure.",
        ),
        ("Not parked", "![failed.png](failed.png)" if len(failed) else ""),
        ("By the length of the slot", "![by_length.png](by_length.png)"),
        (
            "Training",
            "![rounds.png](rounds.png)\n\nValidation scenes parked in after each round.\n\n"
            "![learning_curves.png](learning_curves.png)",
        ),
    )
    storage.write_text(directory / "report.md", page)


def _draw(test, runs, chosen, path):
    titles = [
        f"scene {number + 1}: slot of {LENGTH + test.slack[number]:.2f} m\n"
        f"{parking_plots.title(runs, number)}"
        for number in chosen
    ]
    parking_plots.ways(test.take(chosen), of(runs, chosen), titles, path)


def _most_telling(runs):
    """The parked run with the median number of direction changes that is met first, as a slice."""
    done = np.flatnonzero(runs.outcome == PARKED)
    if not len(done):
        return slice(0, 1)
    usual = np.sort(runs.changes[done])[len(done) // 2]
    number = int(done[runs.changes[done] == usual][0])
    return slice(number, number + 1)


def _progress(stages, path):
    rows = [row for history in stages.histories.values() for row in history.rows]
    with plots.figure(path, width=6) as axes:
        rounds = np.arange(1, len(rows) + 1)
        axes.plot(rounds, [row["val_success"] for row in rows], "o-", color=plots.BLUE)
        best = stages.history.best
        axes.plot(best["epoch"], best["val_success"], "o", color=plots.RED, label="kept", zorder=3)
        axes.set(xlabel="round", ylabel="parked", ylim=(-0.03, 1.03))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)


def _results(metrics):
    rows = []
    for name, found in rows_of(metrics).items():
        low, high = found["interval"]
        ends = [str(found["outcomes"][outcome]) for outcome in OUTCOMES[2:]]
        made = [f"{found['parameters']:,}" if "parameters" in found else "–"]
        took = found.get("seconds_of_training")
        rows.append(
            [
                NAMES[name],
                f"{found['success']:.1%}",
                f"{low:.1%} to {high:.1%}",
                *ends,
                f"{found['changes']:.2f}",
                f"{found['seconds']:.1f} s",
                *made,
                report.seconds(took) if took else "–",
            ]
        )
    header = [
        "driver", "parked", "95 in 100", *OUTCOMES[2:], "changes of direction", "time",
        "parameters", "training",
    ]  # fmt: skip
    return report.table(header, rows)
