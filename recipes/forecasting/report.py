"""The report of a forecaster: errors by horizon, words on what it is worth, pictures."""

from recipes.common import plots, report, storage
from recipes.forecasting import contest, durations
from recipes.forecasting import plots as forecasting_plots
from recipes.forecasting.times import shown

NEEDED = ("test", "baselines", "verdicts", "step_seconds")  # of `metrics.json`, for `summary`
FEW = 8  # steps in the table of the summary


def summary(metrics):
    """Lines for people on what a training came to."""
    lines = []
    for target, words in contest.sentences(metrics).items():
        header, rows = by_step(metrics, target, FEW)
        widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
        lines.append(f"{target}: mean absolute error of the test part")
        lines += [
            "  " + "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
            for row in [header, *rows]
        ]
        lines += [f"  {sentence}" for sentence in words]
    return lines


def by_step(metrics, target, most=1000):
    """Header and rows of a table of errors by horizon: all steps, or some of them, and the mean."""
    names = list(metrics["baselines"])
    mine = metrics["test"][target]
    count = len(mine["mae_by_step"])
    steps = sorted({0, *(round((count - 1) * i / (most - 1)) for i in range(most))})
    if count > 2 * most:
        steps = sorted({0, 1, 2, *(round(count * i / (most - 2)) - 1 for i in range(1, most - 1))})
    steps = [step for step in steps if step < count]
    rows = []
    for step in steps:
        others = [metrics["baselines"][name][target]["mae_by_step"][step] for name in names]
        covered = mine["coverage_by_step"][step]
        ahead = durations.brief(metrics["step_seconds"] * (step + 1))
        rows.append(
            [ahead, *(_number(x) for x in [mine["mae_by_step"][step], *others]), _share(covered)]
        )
    others = [metrics["baselines"][name][target]["mae"] for name in names]
    rows.append(["mean", *(_number(x) for x in [mine["mae"], *others]), _share(mine["coverage"])])
    return ["ahead", "network", *names, "inside"], rows


def _number(value):
    return "–" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _share(value):
    return "–" if value is None else f"{value:.1%}"


def write(run, numbers, stages, found, medians, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        numbers: Its `data.Data`.
        stages: Its `Stages`.
        found: `(N, H, targets, Q)` forecasts of the test part, scaled.
        medians: Those of the baselines, `(N, H, targets)` by name.
        metrics: The content of `metrics.json`.
    """
    directory, levels, test = run.directory, run.config.levels, numbers.parts["test"]
    plots.learning_curves(stages, directory / "learning_curves.png", ("pinball", "skill"))
    forecasting_plots.errors(metrics, levels, directory / "error_by_horizon.png")
    of_ridge = {"ridge": medians["ridge"]}
    forecasting_plots.examples(test, found, levels, of_ridge, directory / "forecasts.png")
    share = levels[-1] - levels[0]
    parts = [
        (name, f"{shown(part.times[0])} to {shown(part.times[-1])}")
        for name, part in numbers.parts.items()
    ]
    grid = numbers.grid
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        ("What it is worth", _worth(metrics, share)),
        *(
            (f"Error by horizon: {target}", report.table(*by_step(metrics, target)))
            for target in metrics["test"]
        ),
        (
            "Pictures",
            "![error_by_horizon.png](error_by_horizon.png)\n\n![forecasts.png](forecasts.png)",
        ),
        ("Stretches of the test part", _blocks(metrics)),
        ("Backtest", _backtest(metrics)),
        report.how_it_was_made(
            run,
            metrics,
            "forecasts",
            *((f"origins of {name}", when) for name, when in parts),
            ("step", durations.brief(grid.step)),
            ("window", f"{grid.window} steps"),
            ("penalty of ridge, by validation", report.brief(metrics["ridge_strength"])),
            ("features", ", ".join(numbers.scaling.names)),
        ),
        ("Training", "![learning curves](learning_curves.png)"),
    )
    storage.write_text(directory / "report.md", page)


def _worth(metrics, share):
    """The comparison in words, and the coverage, for each target."""
    parts = []
    for target, words in contest.sentences(metrics).items():
        mine, before = metrics["test"][target], metrics["uncalibrated"][target]
        words = [
            *words,
            f"The {share:.0%} interval holds {_share(mine['coverage'])} of what came "
            f"({_share(before['coverage'])} before calibration on the validation part); it is "
            f"{_number(mine['width'])} wide on average.",
        ]
        parts.append(f"**{target}**\n\n" + "\n".join(f"- {sentence}" for sentence in words))
    note = (
        "Better and worse are what a Diebold–Mariano test calls no chance at 5 %; errors that go "
        "together, as forecasts overlap, are allowed for."
    )
    return "\n\n".join([*parts, note])


def _blocks(metrics):
    parts = []
    for target, rows in metrics["blocks"].items():
        names = [name for name in rows[0] if name != "from"]
        table = [[shown(row["from"]), *(_number(row[name]) for name in names)] for row in rows]
        parts.append(
            f"**{target}**, mean error of each\n\n" + report.table(["from", *names], table)
        )
    return "\n\n".join(parts)


def _backtest(metrics):
    rows = []
    for fold in metrics["backtest"]:
        for target, mine in fold["test"].items():
            others = [_number(x[target]["mae"]) for x in fold["baselines"].values()]
            row = [fold["from"], fold["to"], target, _number(mine["mae"]), *others]
            rows.append([*row, _share(mine["coverage"])])
    if not rows:
        return ""
    names = list(metrics["baselines"])
    return "Trained anew at each origin, measured on what followed.\n\n" + report.table(
        ["from", "to", "target", "network", *names, "inside"], rows
    )
