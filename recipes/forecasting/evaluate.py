"""Measure a trained forecaster on its own test part or on other data."""

from recipes.forecasting import contest, measure, report, sources
from recipes.forecasting import data as parts
from recipes.forecasting.trained import restore


def evaluate(run, data=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The run.
        data: File with the columns of the training, or nothing.

    Raises:
        UserError: If the data is unusable, or has too few rows.
    """
    trained = restore(run)
    part = _other(trained, data) if data else _own(run)
    found = trained.forecasts(part)
    medians = {name: forecast(part) for name, forecast in contest.WITHOUT_TRAINING.items()}
    metrics = {
        "test": measure.measure(part, found, trained.levels),
        "baselines": {name: measure.of_baseline(part, x) for name, x in medians.items()},
        "verdicts": contest.verdicts(part, found, trained.levels, medians),
        "step_seconds": trained.grid.step,
    }
    result = {"data": data or run.config.data, "examples": len(part), **metrics}
    return result, report.summary(metrics)


def _own(run):
    found, _, sha256 = parts.divided(run.config)
    return run.own_test_part(found, sha256)


def _other(trained, name):
    table = sources.table(name, trained.run.config)
    whole = parts.on_grid(table, trained.grid, trained.columns)
    bounds = (0, len(whole) - 1)
    return parts.part_of(whole, bounds, trained.grid, trained.scaling, "test")
