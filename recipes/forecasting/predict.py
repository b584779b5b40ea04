"""Forecast what follows the last row of a file."""

import dataclasses

import numpy as np

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.forecasting import data, sources
from recipes.forecasting import plots as forecasting_plots
from recipes.forecasting.times import shown
from recipes.forecasting.trained import restore
from recipes.forecasting.windows import Windows

MOST_DRAWN = 12


def predict(run, inputs, plot=""):
    """Quantiles of each step after the last row of each file.

    Args:
        run: The finished run.
        inputs: Names of CSV files with the columns of the training.
        plot: Where a picture goes, if anywhere.

    Raises:
        UserError: If a file cannot be read, lacks a column, or has no value of a target.
    """
    if plot:
        plots.check_path(plot)
    if not inputs:
        return {"predictions": []}, []
    trained = restore(run)
    targets = trained.scaling.names[: trained.scaling.targets]
    if plot and len(inputs) * len(targets) > MOST_DRAWN:
        raise UserError(
            f"--plot draws {MOST_DRAWN} forecasts at most; there are {len(inputs) * len(targets)}."
        )
    predictions, lines, drawings = [], [], []
    # All are read before any is gone on with, so that a bad one is told at once.
    for name, part in [(name, _newest(trained, name)) for name in inputs]:
        found = trained.forecasts(part)[0]
        drawing = forecasting_plots.Shown.of(part.windows, part.origins[0], found, known=False)
        drawings.append(drawing)
        answer = _answer(trained, name, part, drawing)
        predictions.append(answer)
        lines += _lines(answer)
    if plot:
        titles = [f"{row['file']}, after {row['last_row']}" for row in predictions]
        forecasting_plots.following(drawings, targets, trained.levels, titles, plot)
    return {"predictions": predictions}, lines


def _newest(trained, name):
    """The last place of a file at which all targets are known, as a part of one forecast."""
    table = sources.table(name, trained.run.config)
    series = data.on_grid(table, trained.grid, trained.columns)
    lacking = trained.grid.reach - len(series)
    if lacking > 0:
        # Masked, not invented: places before the first row.
        empty = np.full((lacking, series.values.shape[1]), np.nan)
        early = series.times[0] - trained.grid.interval * np.arange(lacking, 0, -1)
        series = dataclasses.replace(
            series,
            times=np.concatenate([early, series.times]),
            values=np.concatenate([empty, series.values]),
        )
        tell(
            f"{name}: {len(table):,} rows are less than a window of {trained.grid.window} steps; "
            "what is before them is masked."
        )
    windows = Windows(series, trained.grid, trained.scaling)
    known = np.isfinite(windows.scaled[:, : trained.scaling.targets]).all(1)
    places = np.flatnonzero(known)
    places = places[places >= trained.grid.reach - 1]
    if not len(places):
        raise UserError(
            f"{name} has no row with a value of what is forecast, after which to go on."
        )
    if places[-1] < len(series) - 1:
        tell(
            f"{name}: the last value of what is forecast is of "
            f"{shown(series.times[places[-1]])}; the forecast goes on from there."
        )
    return data.Part(windows, places[-1:])


def _answer(trained, name, part, drawing):
    """A forecast as a dict."""
    labels = [f"q{level:g}" for level in trained.levels]
    targets = trained.scaling.names[: trained.scaling.targets]
    forecast = {
        target: [
            {"time": shown(moment), **dict(zip(labels, map(float, values), strict=True))}
            for moment, values in zip(drawing.ahead, drawing.quantiles[:, index], strict=True)
        ]
        for index, target in enumerate(targets)
    }
    return {"file": str(name), "last_row": shown(part.times[0]), "forecast": forecast}


def _lines(answer):
    lines = [f"{answer['file']}, after {answer['last_row']}"]
    for target, rows in answer["forecast"].items():
        labels = [key for key in rows[0] if key != "time"]
        lines.append("\t".join([f"{target}: time", *labels]))
        lines += ["\t".join([row["time"], *(f"{row[k]:.4g}" for k in labels)]) for row in rows]
    return lines
