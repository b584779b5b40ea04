"""Parts of a series, divided by time, as windows and their batches."""

import dataclasses
import hashlib

import numpy as np

from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.forecasting import durations, series, sources, tables
from recipes.forecasting.series import Grid
from recipes.forecasting.times import shown
from recipes.forecasting.windows import Scaling, WindowBatches, Windows

PARTS = ("train", "validation", "test")
LEAST = 20  # windows of a part
LARGEST = 1e30  # value of a column


@dataclasses.dataclass(frozen=True)
class Part:
    """Windows of a part.

    windows: The `Windows`.
    origins: Places of the origins of its forecasts.
    """

    windows: Windows
    origins: np.ndarray

    def __len__(self):
        return len(self.origins)

    @property
    def times(self):
        """Seconds since 1970 of the origins."""
        return self.windows.series.times[self.origins]


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts, their scaling, the batches of a training, and the weights of its loss.

    Errors of a step of the horizon count by how little the target changes until then, so that near
    steps, whose errors are small, are learned as well as far ones.
    """

    parts: dict
    scaling: Scaling
    grid: Grid
    train: WindowBatches
    validation: WindowBatches
    weights: np.ndarray

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return self.parts["train"].windows.facts


def load(run):
    """Read, divide by time and scale; the run keeps how.

    Raises:
        UserError: If the data is unusable, or too little for these settings.
    """
    parts, columns, sha256 = divided(run.config)
    windows = parts["train"].windows
    run.begin(
        sha256,
        {name: len(part) for name, part in parts.items()},
        columns=columns,
        grid=dataclasses.asdict(windows.grid),
        scaling=windows.scaling.as_json(),
    )
    tell(described(parts, windows.grid))
    return batched(parts, windows.grid, windows.scaling, run.config)


def divided(config):
    """The parts that settings name.

    Returns:
        `parts, columns, sha256`: a dict of `Part`, what `columns_of` gave, and a digest.

    Raises:
        UserError: If the data is unusable, or too little for these settings.
    """
    table = sources.table(config.data, config)
    columns = columns_of(table, config)
    grid = series.grid_of(table, config)
    whole = series.of(table, grid, **columns)
    others = {
        name: on_grid(sources.table(getattr(config, name), config), grid, columns)
        for name in PARTS[1:]
        if getattr(config, name)
    }
    bounds = bounds_of(len(whole), config, others)
    scaling = fit_scaling(whole, bounds["train"][1], columns["targets"], grid, config.cycles)
    parts = {
        name: part_of(others.get(name, whole), bounds[name], grid, scaling, name, config.limit)
        for name in PARTS
    }
    return parts, columns, digest([whole, *others.values()])


def on_grid(table, grid, columns):
    """Another table with the columns of the training, on its grid.

    Raises:
        UserError: If it lacks one.
    """
    wanted = [*columns["targets"], *columns["features"]]
    if lacking := [name for name in wanted if name not in table.names]:
        raise UserError(
            f"{table.source} lacks the column {lacking[0]!r} that the training has; it has "
            f"{', '.join(table.names[:12])}."
        )
    return series.of(table, grid, **columns)


def batched(parts, grid, scaling, config):
    """Parts with the batches of their training."""
    train, validation = (parts[name] for name in PARTS[:2])
    return Data(
        parts,
        scaling,
        grid,
        WindowBatches(train.windows, train.origins, config.batch_size, config.seed, grid.ratio),
        WindowBatches(validation.windows, validation.origins, config.batch_size),
        _weights(train),
    )


def _weights(part):
    """`(H, targets)`, the inverse of the mean change until a step, their mean 1."""
    origins = part.origins[:: -(-len(part) // 5_000)]
    change = np.abs(part.windows.truth(origins) - part.windows.last(origins)[:, None])
    known = np.isfinite(change)
    mean = np.where(known, change, 0).sum(0) / np.maximum(known.sum(0), 1)
    weights = 1 / np.maximum(mean, 0.1 * mean.max())
    return weights / weights.mean()


def columns_of(table, config):
    """The names that the settings choose of a table: `targets`, `features` and `angles`.

    Raises:
        UserError: If one is not there, or no target can be chosen.
    """
    if not config.target and len(table.names) > 1:
        raise UserError(
            f"{table.source} has {len(table.names)} columns of numbers "
            f"({', '.join(table.names[:12])}); name what to forecast with --target."
        )
    targets = tables.chosen(table, "target", config.target or table.names[0])
    angles = tables.chosen(table, "angles", config.angles)
    features = tables.chosen(table, "features", config.features) or table.names
    if both := [name for name in targets if name in angles]:
        raise UserError(
            f"--target {both[0]} is an angle too, which has no quantiles; forecast other columns."
        )
    return {"targets": targets, "features": features, "angles": angles}


def bounds_of(count, config, others):
    """The first and the last place of each part; files of their own are taken whole."""
    shares = {name: 0 if name in others else getattr(config, f"{name}_share") for name in PARTS[1:]}
    end = count - round(shares["test"] * count)
    middle = end - round(shares["validation"] * count)
    divided = {"train": (0, middle - 1), "validation": (middle, end - 1), "test": (end, count - 1)}
    return {
        name: (0, len(others[name]) - 1) if name in others else found
        for name, found in divided.items()
    }


def part_of(whole, bounds, grid, scaling, name, limit=0):
    """A part of a series: all that is forecast lies in it, so that parts are a horizon apart.

    Raises:
        UserError: If it has too few windows.
    """
    windows = Windows(whole, grid, scaling)
    every = 1 if name == "train" else grid.ratio
    origins = windows.origins(*bounds, every)
    if len(origins) < LEAST:
        values = windows.scaled[bounds[0] : bounds[1] + 1, : scaling.targets]
        targets = scaling.names[: scaling.targets]
        for target, known in zip(targets, np.isfinite(values).any(0), strict=True):
            if not known:
                raise UserError(
                    f"{target} has no values in the {name} part, from "
                    f"{shown(whole.times[bounds[0]])} to {shown(whole.times[bounds[1]])}; cut the "
                    "file before they end, or name another --target."
                )
        needed = grid.window + grid.horizon
        raise UserError(
            f"The data is too short: {len(origins)} forecasts fit in its {name} part of "
            f"{(bounds[1] - bounds[0] + 1) // grid.ratio:,} steps, each of which reads "
            f"{grid.window} steps and forecasts {grid.horizon} ({needed} in all, "
            f"{durations.brief(grid.step)} each). Give more data, or a smaller --window or "
            "--horizon."
        )
    if limit and len(origins) > limit:
        origins = origins[np.arange(limit) * len(origins) // limit]
    return Part(windows, origins)


def fit_scaling(whole, last, targets, grid, cycles):
    """Mean and deviation of the features before a place; those that do not vary are left out.

    Raises:
        UserError: If a target does not vary, or a value is too large.
    """
    values = whole.values[: last + 1]
    seen = np.isfinite(values)
    for name, largest in zip(whole.names, np.where(seen, np.abs(values), 0).max(0), strict=True):
        if largest > LARGEST:
            raise UserError(
                f"{name} has a value of {largest:g}, more than the {LARGEST:g} that can be learned "
                "from; divide the column by a number, or name such values with --missing."
            )
    count = np.maximum(seen.sum(0), 1)
    mean = np.where(seen, values, 0).sum(0) / count
    std = np.sqrt((np.where(seen, values - mean, 0) ** 2).sum(0) / count)
    varies = std > 1e-9 * np.maximum(np.abs(mean), 1e-9)
    for name in targets:
        if not varies[whole.names.index(name)]:
            value = mean[whole.names.index(name)]
            known = seen[:, whole.names.index(name)].any()
            what = f"is {value:g} in all rows of" if known else "has no values in"
            raise UserError(f"{name} {what} the training part; there is nothing to forecast.")
    if left_out := [name for name, var in zip(whole.names, varies, strict=True) if not var]:
        tell(f"Left out, as they do not vary in the training part: {', '.join(left_out)}.")
    lengths = {"day": durations.DAY, "week": 7 * durations.DAY, "year": durations.YEAR}
    seconds = [lengths[cycle] for cycle in cycles if grid.step < lengths[cycle] / 2]
    span = whole.times[min(last, len(whole) - 1)] - whole.times[0]
    return Scaling(
        [name for name, var in zip(whole.names, varies, strict=True) if var],
        len(targets),
        mean[varies],
        std[varies],
        seconds,
        bool(span >= 0.95 * durations.YEAR),
    )


def digest(found):
    """SHA-256 of series."""
    total = hashlib.sha256()
    for one in found:
        total.update("\0".join(one.names).encode())
        for array in (one.times, one.values):
            total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def described(parts, grid):
    """A line on the parts for people."""
    each = [
        f"{name} from {shown(part.times[0])} to {shown(part.times[-1])} ({len(part):,} forecasts)"
        for name, part in parts.items()
    ]
    return (
        f"Steps of {durations.brief(grid.step)}, windows of {grid.window}, horizon {grid.horizon}; "
        + "; ".join(each)
    )
