"""The network beside forecasts that need none: errors, what is no chance, and it in words."""

import dataclasses

import numpy as np

from recipes.forecasting import baselines, durations, measure

BLOCKS = 5  # of the test part, one after the other
NAMES = {
    "persistence": "persistence (the last value stays)",
    "season": "the same time a season before",
    "ridge": "ridge (linear, on the same window)",
}

WITHOUT_TRAINING = {"persistence": baselines.persistence, "season": baselines.seasonal}


@dataclasses.dataclass(frozen=True)
class Naive:
    """Forecasts of the test part without a network.

    medians: `(N, H, targets)`, scaled, by name.
    strength: Penalty of the linear model.
    """

    medians: dict
    strength: float


def baselines_of(train, validation, test):
    """The `Naive` forecasts of a part, the linear model fitted to two others."""
    ridge = baselines.Ridge(train, validation)
    medians = {name: forecast(test) for name, forecast in WITHOUT_TRAINING.items()}
    medians["ridge"] = ridge.forecast(test)
    return Naive(medians, ridge.strength)


def verdicts(part, found, levels, medians):
    """For each target and other forecast, the steps at which the network is better or worse.

    Returns:
        A dict by target of a dict by name of a list of -1 (better), 0 (no difference that could not
        be chance) or 1 for each step of the horizon.
    """
    grid, scaling = part.windows.grid, part.windows.scaling
    mine = measure.errors(part, found[..., levels.index(0.5)])
    # Errors go together as long as forecasts overlap, and a day at least.
    reach = max(grid.horizon, grid.season)
    signs = {}
    for index, target in enumerate(scaling.names[: scaling.targets]):
        signs[target] = {
            name: measure.comparison(
                mine[..., index], measure.errors(part, median)[..., index], reach
            )
            for name, median in medians.items()
        }
    return signs


def blocks(part, found, levels, medians):
    """Mean absolute errors in each of `BLOCKS` stretches of a part.

    Returns:
        A dict by target of a list of dicts: `from`, seconds since 1970, `network` and the others.
    """
    every = {"network": found[..., levels.index(0.5)], **medians}
    each = {name: measure.errors(part, median) for name, median in every.items()}
    scaling, rows = part.windows.scaling, np.arange(len(part))
    stretches = np.array_split(rows, BLOCKS)
    return {
        target: [
            {
                "from": float(part.times[stretch[0]]),
                **{name: measure.mean(error[stretch, :, index]) for name, error in each.items()},
            }
            for stretch in stretches
            if len(stretch)
        ]
        for index, target in enumerate(scaling.names[: scaling.targets])
    }


def sentences(metrics):
    """The comparison in words.

    Args:
        metrics: The content of `metrics.json`; `test`, `baselines`, `verdicts`, `step_seconds`.

    Returns:
        A list of sentences for each target, by name.
    """
    return {
        target: [
            _sentence(name, signs, target, metrics)
            for name, signs in metrics["verdicts"][target].items()
        ]
        for target in metrics["test"]
    }


def _sentence(name, signs, target, metrics):
    mine, theirs = metrics["test"][target]["mae"], metrics["baselines"][name][target]["mae"]
    ahead = metrics["step_seconds"]
    better, worse = ([i for i, s in enumerate(signs) if s == sign] for sign in (-1, 1))
    share = f"{abs(mine / theirs - 1):.1%}" if theirs else "much"
    share += " less" if mine <= theirs else " more"
    mean = f"mean error {mine:.3g} against {theirs:.3g}, {share}"
    if len(better) == len(signs):
        return f"Better than {NAMES[name]} at every step ({mean})."
    if not better:
        of = f", and worse {_where(worse, ahead)}" if worse else ""
        return f"NOT better than {NAMES[name]} at any step{of} ({mean})."
    rest = [i for i, sign in enumerate(signs) if sign == 0]
    parts = [f"better {_where(better, ahead)}"]
    if rest:
        parts.append(f"not surely better {_where(rest, ahead)}")
    if worse:
        parts.append(f"worse {_where(worse, ahead)}")
    return f"Against {NAMES[name]}: {', '.join(parts)} ({mean})."


def _where(steps, seconds):
    """Steps of the horizon as ranges for people."""
    runs, found = np.split(steps, np.flatnonzero(np.diff(steps) > 1) + 1), []
    for run in runs:
        first, last = (durations.brief(seconds * (step + 1)) for step in (run[0], run[-1]))
        found.append(first if len(run) == 1 else f"{first} to {last}")
    return f"at {', '.join(found)}"
