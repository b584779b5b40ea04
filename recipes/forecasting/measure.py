"""Forecasts of a part, and their errors by horizon beside those of others."""

import numpy as np
from scipy import stats

from recipes.forecasting.windows import filled

ROWS = 512  # of a batch
SURE = 0.05  # chance of calling equals better or worse
UNKNOWN = float("nan")


def forecasts(model, part):
    """`(N, H, targets, Q)`, scaled, of the places of a part.

    Args:
        model: A model of one forecast.
        part: The `data.Part`.
    """
    found = []
    for start in range(0, len(part), ROWS):
        rows = part.origins[start : start + ROWS]
        batch = filled(part.windows.inputs(rows))
        # All of one size, as each other one is traced anew.
        more = min(ROWS, len(part)) - len(rows)
        batch = {name: np.concatenate([x, np.repeat(x[:1], more, 0)]) for name, x in batch.items()}
        found.append(np.asarray(model.predict_on_batch(batch))[: len(rows)])
    return np.concatenate(found)


def measure(part, found, levels):
    """Figures of forecasts for each target, errors in its unit.

    Args:
        part: The `data.Part`.
        found: `(N, H, targets, Q)`, scaled.
        levels: The quantiles.

    Returns:
        A dict by target of `mae`, `pinball`, `coverage`, `width`, means over the horizon, and of
        `mae_by_step` and `coverage_by_step`.
    """
    windows, count = part.windows, part.windows.scaling.targets
    truth = windows.unscale(windows.truth(part.origins))  # (N, H, targets)
    values = np.moveaxis(windows.unscale(np.moveaxis(found, -1, 0)), 0, -1)
    figures = {}
    for index, name in enumerate(windows.scaling.names[:count]):
        real, of = truth[..., index], values[..., index, :]
        error = real[..., None] - of
        levels_ = np.asarray(levels)
        pinball = np.maximum(levels_ * error, (levels_ - 1) * error)
        inside = np.where(np.isfinite(real), (of[..., 0] <= real) & (real <= of[..., -1]), np.nan)
        mae = np.abs(error[..., list(levels).index(0.5)])
        figures[name] = {
            "mae": mean(mae),
            "pinball": mean(pinball),
            "coverage": mean(inside),
            "width": mean(of[..., -1] - of[..., 0]),
            "mae_by_step": steps(mae),
            "coverage_by_step": steps(inside),
        }
    return figures


def mean(values):
    """The mean of what is known, None if nothing is."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def steps(values):
    """The mean at each step of the horizon, a list."""
    return [mean(values[:, step]) for step in range(values.shape[1])]


def errors(part, median):
    """`(N, H, targets)` absolute errors in the data's units of a forecast without quantiles."""
    windows = part.windows
    return np.abs(windows.unscale(windows.truth(part.origins)) - windows.unscale(median))


def of_baseline(part, median):
    """Figures of a forecast without quantiles, by target."""
    found = errors(part, median)
    return {
        name: {"mae": mean(found[..., index]), "mae_by_step": steps(found[..., index])}
        for index, name in enumerate(part.windows.scaling.names[: found.shape[-1]])
    }


def comparison(mine, others, reach):
    """The sign of a difference of errors at each step, where it is no chance.

    Reference: Diebold & Mariano (1995), "Comparing predictive accuracy",
    https://doi.org/10.1080/07350015.1995.10524599, with the correction of Harvey, Leybourne &
    Newbold (1997), https://doi.org/10.1016/S0169-2070(96)00719-4.

    Args:
        mine, others: `(N, H)` absolute errors at the same places, in order of time.
        reach: Places over which errors go together.

    Returns:
        A list of -1 (mine are smaller), 0 (not to be told apart) or 1 for each step.
    """
    return [_sign(mine[:, step] - others[:, step], reach) for step in range(mine.shape[1])]


def _sign(difference, reach):
    difference = difference[np.isfinite(difference)]
    count = len(difference)
    if count < 10 or not np.any(difference):
        return 0
    centred = difference - difference.mean()
    lags = min(reach, count // 4)
    variance = centred @ centred / count
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * (centred[lag:] @ centred[:-lag]) / count
    statistic = difference.mean() / np.sqrt(max(variance, 1e-30) / count)
    statistic *= np.sqrt(max(count + 1 - 2 * lags + lags * (lags - 1) / count, 1) / count)
    surprise = 2 * stats.t.sf(abs(statistic), count - 1)
    return int(np.sign(statistic)) if surprise < SURE else 0
