"""Forecasts without a network: persistence, the last season again, and a linear model."""

import numpy as np
from scipy import linalg

ROWS = 512  # of a block of the linear model
STRENGTHS = 10.0 ** np.arange(-1, 7.5, 0.5)
MOST_ROWS = 60_000  # that the linear model is fitted to


def persistence(part):
    """`(N, H, targets)`, scaled: the last value stays."""
    last = part.windows.last(part.origins)[:, None]
    return np.repeat(last, part.windows.grid.horizon, 1)


def seasonal(part):
    """`(N, H, targets)`, scaled: what was a season before; persistence where that is missing."""
    windows, found = part.windows, []
    for rows in _blocks(part.origins):
        before = windows.inputs(rows)["known"][..., : windows.scaling.targets]
        found.append(np.nan_to_num(before) + windows.last(rows)[:, None])
    return np.concatenate(found)


class Ridge:
    """A linear model of all numbers that the network reads, with a penalty on its weights.

    It forecasts changes from the last value, as the network does. The penalty is that with the
    least mean absolute error on the validation part.

    Args:
        train, validation: Their `Part`s.
    """

    def __init__(self, train, validation):
        origins = train.origins[:: -(-len(train) // MOST_ROWS)]
        gram = cross = 0
        for rows in _blocks(origins):
            x, y = _linear_inputs(train.windows, rows), _changes(train.windows, rows)
            complete = np.isfinite(y).all(1)
            # A horizon that always lacks something, as over closed days, is taken as unchanged.
            x, y = (x[complete], y[complete]) if complete.mean() > 0.3 else (x, np.nan_to_num(y))
            gram, cross = gram + x.T @ x, cross + x.T @ y
        values, vectors = linalg.eigh(gram)
        rotated = vectors.T @ cross
        best = np.inf
        truth = validation.windows.truth(validation.origins)
        for strength in STRENGTHS * max(1, len(origins) / 10_000):
            self.weights = vectors @ (rotated / (np.maximum(values, 0) + strength)[:, None])
            error = np.nanmean(np.abs(self.forecast(validation) - truth))
            if error < best:
                best, chosen, self.strength = error, self.weights, float(strength)
        self.weights = chosen

    def forecast(self, part):
        """`(N, H, targets)`, scaled."""
        windows, found = part.windows, []
        for rows in _blocks(part.origins):
            change = _linear_inputs(windows, rows) @ self.weights
            change = change.reshape(len(rows), windows.grid.horizon, windows.scaling.targets)
            found.append(change + windows.last(rows)[:, None])
        return np.concatenate(found)


def _linear_inputs(windows, rows):
    """`(B, inputs)`: all that the network reads, missing values at their mean, and 1."""
    inputs = windows.inputs(rows)
    flat = [np.nan_to_num(x).reshape(len(rows), -1) for x in inputs.values()]
    return np.concatenate([*flat, np.ones((len(rows), 1))], 1, dtype=np.float64)


def _changes(windows, rows):
    """`(B, H * targets)`: what came, from the last value on."""
    return (windows.truth(rows) - windows.last(rows)[:, None]).reshape(len(rows), -1)


def _blocks(origins):
    return (origins[start : start + ROWS] for start in range(0, len(origins), ROWS))
