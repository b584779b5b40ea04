"""Intervals that cover what they say, by the errors of the validation part."""

import numpy as np

from recipes.common import storage
from recipes.forecasting import measure

FILE = "calibration.json"


def fit(found, truth, levels):
    """What to add to the quantiles so that the interval covers its share of the validation part.

    Each pair of quantiles is moved outwards, or inwards, by the same number, for each step of the
    horizon and each target; the median stays.

    Reference: Romano, Patterson & Candès (2019), "Conformalized quantile regression",
    https://arxiv.org/abs/1905.03222, section 3.

    Args:
        found: `(N, H, targets, Q)` forecasts.
        truth: `(N, H, targets)`, NaN where nothing was measured.
        levels: The quantiles.

    Returns:
        `(H, targets, Q)`.
    """
    offsets = np.zeros(found.shape[1:])
    for low in range(len(levels) // 2):
        high = len(levels) - 1 - low
        share = levels[high] - levels[low]
        lacking = np.maximum(found[..., low] - truth, truth - found[..., high])
        for step in range(found.shape[1]):
            for target in range(found.shape[2]):
                known = lacking[:, step, target]
                known = known[np.isfinite(known)]
                if len(known):
                    level = min(1, share * (1 + 1 / len(known)))
                    offset = np.quantile(known, level)
                    offsets[step, target, low], offsets[step, target, high] = -offset, offset
    return offsets


def save(directory, offsets):
    """Keep offsets in a run."""
    storage.write_json(directory / FILE, {"offsets": np.asarray(offsets).tolist()})


def load(directory):
    """The offsets of a run."""
    return np.array(storage.read_json(directory / FILE, ("offsets",))["offsets"])


def of_run(run, model, validation):
    """Fit the offsets of a run to its validation part, or none if it asks so, and keep them."""
    found = measure.forecasts(model, validation)
    offsets = np.zeros(found.shape[1:])
    if run.config.calibrate:
        truth = validation.windows.truth(validation.origins)
        offsets = fit(found, truth, run.config.levels)
    save(run.directory, offsets)
    return offsets
