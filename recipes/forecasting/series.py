"""Series on an even grid of times: rows in their places, gaps kept as gaps, means over steps."""

import dataclasses

import numpy as np

from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.forecasting import durations
from recipes.forecasting.times import shown

STEPS = 24  # of a horizon, where no step is named
SEASONS = 3  # of a window, where none is named
WORKING_DAYS, EVEN = "working days", "even"
MOST_EMPTY = 20  # places of the grid for each row


@dataclasses.dataclass(frozen=True)
class Grid:
    """The spacing of a series, and what is read and forecast, in its places.

    interval: Seconds between two places, at which rows come.
    ratio: Places of a step; rows are averaged over it.
    window, horizon, season: Their lengths in steps.
    days: `"working days"` if a place is a working day, or `"even"`.
    """

    interval: float
    ratio: int
    window: int
    horizon: int
    season: int
    days: str = EVEN

    @property
    def step(self):
        """Seconds of a step."""
        return self.interval * self.ratio

    @property
    def reach(self):
        """Places before an origin that an example reads, its own included."""
        return self.ratio * self.window

    def ahead(self, moments):
        """`(N, H)` times of the steps of the horizon after `(N,)` moments."""
        steps = np.arange(1, self.horizon + 1)
        if self.days == EVEN:
            return moments[:, None] + steps * self.step
        days = np.floor(moments / durations.DAY).astype("datetime64[D]")
        coming = np.busday_offset(days[:, None], steps, roll="backward")
        return coming.astype("datetime64[s]").astype(np.float64)


@dataclasses.dataclass(frozen=True)
class Series:
    """Numbers on the grid.

    times: `(N,)` seconds since 1970 of each place.
    names: Names of the features, the targets first.
    values: `(N, F)` float64, means over the step that ends there; NaN where nothing was measured.
    rows: Number of rows that they come from.
    """

    times: np.ndarray
    names: list
    values: np.ndarray
    rows: int

    def __len__(self):
        return len(self.times)


def grid_of(table, config):
    """The grid that fits a table and the settings.

    Raises:
        UserError: If there are too few rows, or steps, horizon and window do not fit each other.
    """
    if len(table) < 2:
        raise UserError(
            f"{table.source} has {len(table)} row{'s' * (len(table) != 1)} with a time; a forecast "
            "is learned from hundreds."
        )
    interval, days = _interval(table)
    horizon = durations.parse("horizon", config.horizon)
    asked = durations.parse("step", config.step) if config.step else horizon / STEPS
    ratio = max(1, int(asked / interval + 1e-6) if not config.step else round(asked / interval))
    if days == WORKING_DAYS:
        ratio = 1
    step = interval * ratio
    if config.step and abs(step - asked) > 0.01 * asked:
        tell(
            f"{table.source}: rows come every {durations.brief(interval)}, so --step {config.step} "
            f"becomes {durations.brief(step)}."
        )
    if horizon < step * 0.99:
        raise UserError(
            f"--horizon {config.horizon} is shorter than a step of {durations.brief(step)}; rows "
            f"come every {durations.brief(interval)}. Name a longer one."
        )
    week = 5 if days == WORKING_DAYS else 7
    usual = durations.DAY if step < durations.DAY else week * durations.DAY
    season = durations.parse("season", config.season) if config.season else usual
    season = max(1, round(season / step))
    window = durations.parse("window", config.window) / step if config.window else 0
    window = max(season, round(window) or max(SEASONS * season, min(24, 4 * round(horizon / step))))
    return Grid(interval, ratio, window, max(1, round(horizon / step)), season, days)


def _interval(table):
    """Seconds between rows as they usually come, and the kind of days; what is odd is told."""
    steps = np.diff(table.times)
    found, counts = np.unique(np.round(steps, 3), return_counts=True)
    common = found[counts.argmax()]
    days = np.floor(table.times / durations.DAY).astype(int)
    if common == durations.DAY and len(table) > 10 and ((days + 3) % 7 < 5).all():
        tell(f"{table.source}: rows come on working days alone; each is a step.")
        return durations.DAY, WORKING_DAYS
    share = counts.max() / counts.sum()
    low, high = np.quantile(steps, [0.05, 0.95])
    if low < high < 1.2 * low:
        common = float(steps.mean())
        tell(f"{table.source}: rows come every {durations.brief(common)} on average, as months do.")
        return common, EVEN
    if share < 0.5:
        common = float(np.median(steps))
        tell(
            f"{table.source}: rows come at uneven times, usually every {durations.brief(common)}; "
            "each is put in the nearest place of an even grid."
        )
        return common, EVEN
    others = counts * found * ((found > 1.5 * common) | (found < 0.67 * common))
    second = found[others.argmax()]
    if others.any() and counts[others.argmax()] > max(10, 0.02 * len(steps)):
        first = int(np.flatnonzero(np.isclose(steps, second))[0])
        tell(
            f"{table.source}: the sampling rate changes: rows come every "
            f"{durations.brief(common)}, but {counts[others.argmax()]:,} of them every "
            f"{durations.brief(second)}, first from {shown(table.times[first])} on; values are "
            "averaged over a step, and what is missing is masked."
        )
    return float(common), EVEN


def of(table, grid, targets, features, angles):
    """A table on a grid.

    Args:
        table: A `tables.Table`.
        grid: The `Grid`.
        targets, features, angles: Names of its columns; angles in degrees become vectors.

    Raises:
        UserError: If gaps are by far most of it.
    """
    usual = float(np.median(np.diff(table.times))) if len(table) > 2 else 0
    if grid.days == EVEN and usual > 1.5 * max(grid.step, grid.interval):
        raise UserError(
            f"{table.source}: rows come every {durations.brief(usual)}, but steps are of "
            f"{durations.brief(grid.step)}; give a file whose rows come at least as often."
        )
    columns, names = [], []
    for name in dict.fromkeys([*targets, *features]):
        column = table.column(name)
        if name in angles:
            turn = np.deg2rad(column)
            columns += [np.cos(turn), np.sin(turn)]
            names += [f"cos {name}", f"sin {name}"]
        else:
            columns.append(column)
            names.append(name)
    rows = np.stack(columns, 1)
    if grid.days == WORKING_DAYS:
        return Series(table.times, names, rows, len(table))
    places = np.round((table.times - table.times[0]) / grid.interval).astype(np.int64)
    count = int(places[-1]) + 1
    if count > MOST_EMPTY * len(table) + 1000:
        widest = int(np.diff(table.times).argmax())
        raise UserError(
            f"{table.source}: with a row every {durations.brief(grid.interval)}, {len(table):,} "
            f"rows would have {count:,} places; the widest gap is from "
            f"{shown(table.times[widest])} to {shown(table.times[widest + 1])}. Cut the file there."
        )
    _tell_gaps(table, grid, places)
    sums, seen = _means(rows, places, count, grid.ratio)
    values = np.where(seen > 0, sums / np.maximum(seen, 1), np.nan)
    stamps = table.times[0] + grid.interval * np.arange(count)
    return Series(stamps, names, values, len(table))


def _means(rows, places, count, ratio):
    """Sums and numbers of values of the step that ends at each place."""
    seen = np.zeros((count + ratio, rows.shape[1]))
    sums = np.zeros((count + ratio, rows.shape[1]))
    known = np.isfinite(rows)
    np.add.at(seen, places + ratio, known)
    # Without their mean, as sums over long series lose digits.
    middle = np.nanmean(np.where(known.any(0), rows, 0), axis=0)
    np.add.at(sums, places + ratio, np.where(known, rows - middle, 0))
    sums, seen = np.cumsum(sums, 0), np.cumsum(seen, 0)
    sums, seen = sums[ratio:] - sums[:-ratio], seen[ratio:] - seen[:-ratio]
    return sums + middle * seen, seen


def _tell_gaps(table, grid, places):
    step = np.diff(places)
    wide = np.flatnonzero(step > max(1, grid.ratio))
    if len(wide):
        widest = wide[step[wide].argmax()]
        count = "a gap" if len(wide) == 1 else f"{len(wide):,} gaps, the widest"
        tell(
            f"{table.source}: {count} of {durations.brief(step[widest] * grid.interval)} from "
            f"{shown(table.times[widest])} on; nothing is filled in, it is masked."
        )
