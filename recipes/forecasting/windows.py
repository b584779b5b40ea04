"""Windows of a series: the past, what is known of the time to come, and what came."""

import dataclasses

import numpy as np

from recipes.common.data.batching import Epochs, fill
from recipes.forecasting import durations

SOLSTICE = 9 * durations.DAY  # before the new year, from which the year is counted


@dataclasses.dataclass(frozen=True)
class Scaling:
    """Mean and deviation of each feature in the training part, and what of the calendar it knows.

    names: Features that are used, the targets first.
    targets: Number of targets.
    mean, std: `(F,)`.
    cycles: Seconds of the cycles whose phase is told.
    whole_year: Whether the training has seen a whole year, without which spring and autumn, which
        have days of the same length, are not told apart.
    """

    names: list
    targets: int
    mean: np.ndarray
    std: np.ndarray
    cycles: list
    whole_year: bool

    def as_json(self):
        """The same as a JSON object."""
        lists = {"mean": self.mean.tolist(), "std": self.std.tolist()}
        return {**dataclasses.asdict(self), **lists}

    @classmethod
    def of_json(cls, value):
        """From what `as_json` gave."""
        arrays = {name: np.array(value[name]) for name in ("mean", "std")}
        return cls(**{**value, **arrays})

    def calendar(self, times):
        """`(N, features)` float32 of times: where in each cycle they are."""
        found = []
        for cycle in self.cycles:
            phase = 2 * np.pi * (times % cycle) / cycle
            if cycle == durations.YEAR:
                phase = 2 * np.pi * ((times + SOLSTICE) % cycle) / cycle
                found += [np.cos(phase), *([np.sin(phase)] if self.whole_year else [])]
            else:
                found += [np.cos(phase), np.sin(phase), np.cos(2 * phase), np.sin(2 * phase)]
        return np.stack(found, -1).astype(np.float32) if found else np.zeros((len(times), 0), "f4")


@dataclasses.dataclass(frozen=True)
class Windows:
    """A scaled series of which windows are cut.

    series: The `Series`, its features in the order of the scaling.
    grid: Its `Grid`.
    scaling: The `Scaling`.
    """

    series: object
    grid: object
    scaling: Scaling

    def __post_init__(self):
        columns = [self.series.names.index(name) for name in self.scaling.names]
        scaled = (self.series.values[:, columns] - self.scaling.mean) / self.scaling.std
        object.__setattr__(self, "scaled", scaled.astype(np.float32))
        object.__setattr__(self, "phases", self.scaling.calendar(self.series.times))

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return facts_of(self.grid, self.scaling)

    def origins(self, first, last, every=1):
        """Places from which there is something to forecast.

        Args:
            first, last: The earliest place of an origin, and the last one of what is forecast.
            every: Places between two of them.
        """
        targets = np.isfinite(self.scaled[:, : self.scaling.targets]).all(1)
        found = np.arange(
            max(first, self.grid.reach - 1), last - self.grid.ratio * self.grid.horizon + 1, every
        )
        ahead = self.grid.ratio * np.arange(1, self.grid.horizon + 1)
        some = np.isfinite(self.scaled[:, : self.scaling.targets]).any(1)
        if not len(found):
            return found
        return found[targets[found] & some[found[:, None] + ahead].any(1)]

    def inputs(self, origins):
        """The inputs of the network at some places, `(B, …)` each, with NaN for what is missing."""
        grid, count = self.grid, self.scaling.targets
        back = grid.ratio * np.arange(grid.window - 1, -1, -1)
        places = origins[:, None] - back  # (B, T)
        past = np.concatenate([self.scaled[places], self.phases[places]], -1)
        ahead = np.arange(1, grid.horizon + 1)
        # The value of the last season that has been, seen from the origin.
        seasons = -(-ahead // grid.season)
        places = origins[:, None] + grid.ratio * (ahead - grid.season * seasons)  # (B, H)
        before = self.scaled[places][..., :count] - self.last(origins)[:, None]
        moments = grid.ahead(self.series.times[origins])  # (B, H)
        coming = self.scaling.calendar(moments.ravel()).reshape(*moments.shape, -1)
        return {"past": past, "known": np.concatenate([before, coming], -1)}

    def last(self, origins):
        """`(B, targets)`, the last value of each target up to an origin, scaled."""
        count = self.scaling.targets
        back = self.grid.ratio * np.arange(self.grid.window)
        values = self.scaled[origins[:, None] - back][..., :count]  # (B, T, targets), newest first
        newest = np.isfinite(values).argmax(1)
        return np.take_along_axis(values, newest[:, None], 1)[:, 0]

    def truth(self, origins):
        """`(B, H, targets)`, what came, scaled; NaN where nothing was measured."""
        ahead = self.grid.ratio * np.arange(1, self.grid.horizon + 1)
        return self.scaled[origins[:, None] + ahead][..., : self.scaling.targets]

    def unscale(self, values):
        """Values of the targets, `(…, targets)`, in the data's unit."""
        count = self.scaling.targets
        return values * self.scaling.std[:count] + self.scaling.mean[:count]


def facts_of(grid, scaling):
    """The arguments of a builder that the data decides."""
    calendar = scaling.calendar(np.zeros(1)).shape[1]
    return {
        "num_features": len(scaling.names) + calendar,
        "num_targets": scaling.targets,
        "horizon": grid.horizon,
        "num_known": scaling.targets + calendar,
    }


def filled(inputs):
    """Inputs of the network from those with NaN: zeros in their place, and the marks."""
    past, known = inputs["past"], inputs["known"]
    return {
        "past": np.nan_to_num(past),
        "observed": np.isfinite(past),
        "known": np.nan_to_num(known),
    }


class WindowBatches(Epochs):
    """Batches of windows.

    Args:
        windows: The `Windows`.
        origins: Places of the origins.
        batch_size: Windows a batch.
        seed: Seed of the order, another one in each epoch; None keeps that of time.
        share: Of how many windows an epoch has one, drawn anew each time: neighbours are alike.
    """

    def __init__(self, windows, origins, batch_size, seed=None, share=1):
        self.windows, self.origins = windows, origins
        self.batch_size, self.seed = batch_size, seed
        self.count = max(1, len(origins) // share)

    def __len__(self):
        return -(-self.count // self.batch_size)

    def order(self, epoch=0):
        """The index arrays of an epoch's batches."""
        indices = np.arange(len(self.origins))
        if self.seed is not None:
            indices = np.random.Generator(np.random.PCG64([self.seed, epoch])).permutation(indices)
        indices = indices[: self.count]
        return np.split(indices, range(self.batch_size, len(indices), self.batch_size))

    def batch(self, indices):
        """`inputs, labels (B, H, targets, 2), weights (B,)`: what came, and the last value."""
        rows, weights = fill(indices, self.batch_size)
        origins = self.origins[rows]
        truth = self.windows.truth(origins)
        last = np.broadcast_to(self.windows.last(origins)[:, None], truth.shape)
        labels = np.stack([truth, last], -1).astype(np.float32)
        return filled(self.windows.inputs(origins)), labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        facts, rows = self.windows.facts, self.batch_size
        past = (rows, self.windows.grid.window, facts["num_features"])
        known = (rows, facts["horizon"], facts["num_known"])
        return (
            {
                "past": tf.TensorSpec(past, tf.float32),
                "observed": tf.TensorSpec(past, tf.bool),
                "known": tf.TensorSpec(known, tf.float32),
            },
            tf.TensorSpec((rows, facts["horizon"], facts["num_targets"], 2), tf.float32),
            tf.TensorSpec((rows,), tf.float32),
        )
