"""The planner and the expert, on a coarse grid, in slots that have room for it."""

import numpy as np
import pytest

from recipes.parking import car, driving, planner, scenes
from recipes.parking.car import LENGTH, SPEEDS, STAND
from recipes.parking.expert import planned
from recipes.parking.simulator import PARKED

RESOLUTION = 2.0


def roomy(count):
    """Scenes with slots of 6.2 m and more."""
    many = scenes.drawn("validation", 3, 8 * count)
    return many.take(np.flatnonzero(many.slack > 2.0 - 0.1)[:count])


def test_the_expert_parks_without_touching():
    chosen = roomy(24)
    runs = driving.drive(driving.Planned(planned(RESOLUTION)), chosen, 0)
    assert len(chosen) == 24
    assert (runs.outcome == PARKED).all()
    assert runs.changes.mean() < 3
    assert runs.steps.max() < 250


def test_the_expert_finds_back_from_where_it_was_pushed():
    """Wherever a run is cut into, it parks from there on, if nothing was touched before."""
    expert, generator = planned(RESOLUTION), np.random.default_rng(0)
    chosen = roomy(24)

    def meddle(step, asked, advised):
        if 70 <= step < 76:
            return [generator.integers(0, n, len(chosen)) for n in (len(SPEEDS) - 1, 5)]
        return asked

    runs = driving.drive(driving.Planned(expert), chosen, 0, expert, meddle)
    alive = runs.steps > 80
    assert alive.sum() > 15
    assert (runs.outcome[alive] == PARKED).mean() > 0.8
    pushed = (runs.asked[:, 70:76] != runs.advised[:, 70:76]).any(-1)
    assert pushed[alive].any(1).all()


def test_times_are_those_of_the_moves():
    grid = planner.Grid.of(RESOLUTION)
    slot = planner.Slot(LENGTH + 2.0, 2.15)
    times = planner.times(grid, slot)
    x, y, heading = grid.poses()
    parked = planner.is_parked((x, y, heading), 2.0)
    assert parked.any()
    assert (times[:, parked] == 0).all()
    touching = ~planner.is_free((x, y, heading), slot, 0.0)
    assert (times[:, touching] == planner.OUT).all()
    # From in front of its place it reverses, for which a car that came forward must change.
    level = np.argmin(np.abs(grid.low[2] + grid.step[2] * np.arange(grid.size[2])))
    inside = np.flatnonzero(parked[level].any(0))
    row = inside[len(inside) // 2]
    places = np.flatnonzero(parked[level, :, row])
    straight = 2
    gone = places[-1] + 1
    reversing = times[straight, level, gone, row]
    assert reversing >= grid.step[0] / planner.SPEED
    changed = times[5 + straight, level, gone, row] - reversing
    assert changed == pytest.approx(planner.CHANGE, abs=0.3)


def test_a_parked_car_is_left_where_it_is():
    one = roomy(24).take(slice(0, 1))
    x = one.slots.mean(1) + car.REAR - LENGTH / 2
    cars = car.standing(x, [planner.TO_KERB + car.WIDTH / 2], [0.0])
    speed, _ = planned(RESOLUTION).act(cars, one, np.array([-1.0]))
    assert speed[0] == STAND
