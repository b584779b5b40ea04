"""Forecasts without a network: persistence, the last season again, and a linear model."""

import numpy as np
from scipy import linalg

ROWS = 512  # of a block of the linear model
STRENGTHS = 10.0 ** np.arange(-1, 7.5, 0.5)
MOST_ROWS = 60_000  # that the linear model is fitted to
MOST_CHOSEN_BY = 5_000  # forecasts of the validation part that choose its penalty


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
            gram, cross = gram + (x.T @ x).astype(np.float64), cross + x.T @ y
        values, vectors = linalg.eigh(gram, overwrite_a=True)
        rotated = vectors.T @ cross
        origins = validation.origins[:: -(-len(validation) // MOST_CHOSEN_BY)]
        x, y = (of(validation.windows, origins) for of in (_linear_inputs, _changes))
        x, best = x @ vectors, np.inf
        for strength in STRENGTHS * max(1, len(train) / 10_000):
            shrunk = rotated / (np.maximum(values, 0) + strength)[:, None]
            error = np.nanmean(np.abs(x @ shrunk - y))
            if error < best:
                best, self.weights, self.strength = error, vectors @ shrunk, float(strength)

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
    return np.concatenate([*flat, np.ones((len(rows), 1), np.float32)], 1)


def _changes(windows, rows):
    """`(B, H * targets)`: what came, from the last value on."""
    return (windows.truth(rows) - windows.last(rows)[:, None]).reshape(len(rows), -1)


def _blocks(origins):
    return (origins[start : start + ROWS] for start in range(0, len(origins), ROWS))
