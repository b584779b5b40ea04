"""Figures of runs in closed loop."""

import dataclasses

from recipes.common.labelling.measure import errors
from recipes.parking import driving
from recipes.parking.car import SECONDS
from recipes.parking.simulator import OUTCOMES, PARKED, STILL

SEED = 1_000_003  # of the noise of measurements, far from those of trainings


def noise(seed=0):
    """The seed of the noise of a measurement."""
    return [SEED, seed]


def success(outcome):
    """Share of the runs that end in the slot."""
    return float((outcome == PARKED).mean())


def of(runs, chosen):
    """Some of the runs."""
    return driving.Runs(
        **{
            field.name: None if (value := getattr(runs, field.name)) is None else value[chosen]
            for field in dataclasses.fields(runs)
        }
    )


def measure(runs):
    """Figures of runs.

    Returns:
        A dict: `success`, the share parked, `interval`, of 95 in 100 for it (Wilson's), `wrong`,
        the number of the others, `outcomes`, the number of each, and of those parked
        `changes`, the mean number of direction changes, `seconds`, the mean time until the car
        stands for good, and `longest`, the longest one.
    """
    wrong = errors(runs.outcome != PARKED)
    low, high = wrong["interval"]
    done = runs.outcome == PARKED
    seconds = (runs.steps[done] - STILL) * SECONDS
    return {
        "success": success(runs.outcome),
        "interval": [1 - high, 1 - low],
        "wrong": wrong["wrong"],
        "outcomes": {
            name: int((runs.outcome == number).sum())
            for number, name in enumerate(OUTCOMES)
            if number
        },
        "changes": float(runs.changes[done].mean()) if done.any() else 0.0,
        "seconds": float(seconds.mean()) if done.any() else 0.0,
        "longest": float(seconds.max()) if done.any() else 0.0,
    }
