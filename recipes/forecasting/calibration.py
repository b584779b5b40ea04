"""Intervals that cover what they say, by the errors of the validation part."""

import numpy as np

from recipes.common import storage
from recipes.forecasting import measure

FILE = "calibration.json"
LEAST = 1e-6  # distance of a quantile from the median


def fit(found, truth, levels):
    """Factors of the quantiles' distance from the median that cover the validation part.

    Those of a pair of quantiles are one number for each step of the horizon and each target: the
    interval of the validation part then holds its share of what came. Factors suit a season with
    smaller errors better than widths do, as the network's own intervals are narrower there.

    Reference: Sesia & Candès (2020), "A comparison of some conformal quantile regression methods",
    https://arxiv.org/abs/1909.05433, section 2.

    Args:
        found: `(N, H, targets, Q)` forecasts.
        truth: `(N, H, targets)`, NaN where nothing was measured.
        levels: The quantiles.

    Returns:
        `(H, targets, Q)`.
    """
    factors, median = np.ones(found.shape[1:]), found[..., levels.index(0.5)]
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        share = levels[high] - levels[low]
        below = (median - truth) / np.maximum(median - found[..., low], LEAST)
        above = (truth - median) / np.maximum(found[..., high] - median, LEAST)
        needed = np.maximum(below, above)  # factor with which the interval just holds the truth
        for step, target in np.ndindex(needed.shape[1:]):
            known = needed[:, step, target]
            known = known[np.isfinite(known)]
            if len(known):
                level = min(1, share * (1 + 1 / len(known)))
                factors[step, target, [low, high]] = np.quantile(known, level)
    return factors


def apply(found, factors, levels):
    """Quantiles at other distances from the median, in order."""
    median = found[..., levels.index(0.5), None]
    return np.sort(median + factors * (found - median), -1)


def save(directory, factors):
    """Keep factors in a run."""
    storage.write_json(directory / FILE, {"factors": np.asarray(factors).tolist()})


def load(directory):
    """The factors of a run.

    Raises:
        UserError: If they are missing or damaged.
    """
    return np.array(storage.read_json(directory / FILE, ("factors",))["factors"])


def of_run(run, model, validation):
    """Fit the factors of a run to its validation part, or none if it asks so, and keep them."""
    found = measure.forecasts(model, validation)
    factors = np.ones(found.shape[1:])
    if run.config.calibrate:
        truth = validation.windows.truth(validation.origins)
        factors = fit(found, truth, run.config.levels)
    save(run.directory, factors)
    return factors
