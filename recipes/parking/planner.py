"""The planner: least time to park from every pose, by dynamic programming over arcs.

The moves are those of Reeds and Shepp, forward and reverse on arcs or straight on, here with five
bends of the wheels. Each is a short arc; a direction change and every turn of the standing wheels
cost the time that they take, and what touches a car or the kerb is out. Value iteration backwards
from the parked poses gives the time to go from all poses at once, so that the best move is found
anew at each step and from any pose by looking two arcs ahead.

Poses are relative to the middle of the slot: metres along the kerb, metres from the kerb, radians.

Reference: Reeds & Shepp (1990), "Optimal paths for a car that goes both forwards and backwards",
https://doi.org/10.2140/pjm.1990.145.367, for the moves; Dolgov et al. (2010), "Path planning for
autonomous vehicles in unknown semi-structured environments",
https://doi.org/10.1177/0278364909359210, section 2, for arcs over a grid of poses.
"""

import dataclasses

import numpy as np

from recipes.parking.car import (
    ANGLES,
    CURVATURE,
    LENGTH,
    REAR,
    STEERING_RATE,
    TURNS,
    WIDTH,
    corners,
    moved,
)

OUT = 120.0  # seconds: the value of what touches, and of what lies outside of the grid
SPEED = 0.8  # metres a second
CHANGE = 4.0  # seconds that a direction change counts for, beside those of the wheels
MARGIN = 0.02  # metres that are kept free around the car
CLOSE, PENALTY = 0.18, 1.0  # metres to a car within which a move counts for so many seconds more
TO_KERB = 0.25  # metres, of a car that is parked
ENDS = 0.3  # metres that it keeps to the cars before and behind it, where the slot has them
TOLERANCE = 0.05  # seconds by which the last sweep may still change a value
SWEEPS = 400  # at most
DIRECTIONS = np.repeat(np.array([-1, 1], np.float32), len(TURNS))  # of each move
BENDS = np.tile(TURNS * np.float32(CURVATURE), 2)
MOVES = len(DIRECTIONS)


@dataclasses.dataclass(frozen=True)
class Slot:
    """A slot between two rows of cars.

    length: Metres between the cars.
    depth: Metres from the kerb to their far side.
    """

    length: float
    depth: float


@dataclasses.dataclass(frozen=True)
class Grid:
    """Poses at which times are kept: the first ones, the steps between them, and their numbers."""

    low: tuple
    step: tuple
    size: tuple

    @classmethod
    def of(cls, resolution):
        """The grid around a slot, its cells a multiple of the usual ones."""
        low, high = (-6.0, 0.8, np.radians(-25)), (8.0, 4.9, np.radians(67.5))
        step = tuple(resolution * usual for usual in (0.1, 0.05, np.radians(2.5)))
        ranges = zip(low, high, step, strict=True)
        return cls(low, step, tuple(round((end - begin) / s) + 1 for begin, end, s in ranges))

    @property
    def ways(self):
        """Metres of each move: at full lock it turns by one cell, at half lock by one too."""
        whole = self.step[2] / CURVATURE
        return np.tile(np.where(np.abs(TURNS) == 0.5, 2 * whole, whole), 2).astype(np.float32)

    def poses(self):
        """x, y and heading of all cells, each `(headings, xs, ys)`."""
        axes = zip(self.low, self.step, self.size, strict=True)
        x, y, heading = (low + step * np.arange(size) for low, step, size in axes)
        heading, x, y = np.meshgrid(heading, x, y, indexing="ij")
        return x, y, heading


def transitions():
    """Seconds between two moves, `(10, 10)`: of the wheels, and of a direction change."""
    angles = np.tile(ANGLES, 2)
    turning = np.abs(angles[:, None] - angles) / STEERING_RATE
    return (turning + CHANGE * (DIRECTIONS[:, None] != DIRECTIONS)).astype(np.float32)


def is_free(pose, slot, margin):
    """True for poses that touch neither the cars around a slot nor the kerb."""
    x, y, heading = pose
    px, py = corners(x, y, heading, margin)
    half = slot.length / 2
    touches = (py.min(-1) < 0) | ((py < slot.depth) & (np.abs(px) > half)).any(-1)
    cos, sin = np.cos(heading), np.sin(heading)
    for edge in (-half, half):  # a corner of a parked car inside the outline
        dx, dy = edge - x, slot.depth - y
        along, aside = dx * cos + dy * sin, dy * cos - dx * sin
        beside = (along > -REAR - margin) & (along < LENGTH - REAR + margin)
        touches |= beside & (np.abs(aside) < WIDTH / 2 + margin)
    return ~touches


def is_parked(pose, slack, spare=0.0):
    """True for poses to end in: in the middle of a slot, aligned with it, and near the kerb.

    Args:
        pose: x, y and heading.
        slack: Metres that the slot is longer than the car.
        spare: Metres and, in tenths, radians by which more will do.
    """
    x, y, heading = pose
    ahead = np.maximum(0.12, 0.5 * slack - ENDS)
    return (
        (np.abs(x - REAR + LENGTH / 2) <= ahead + spare)
        & (np.abs(y - TO_KERB - WIDTH / 2) <= 0.09 + spare)
        & (np.abs(heading) <= np.radians(2.0) + 0.2 * spare)
    )


def times(grid, slot, before=None):
    """Seconds to go once a move has been made and its wheels are where they were.

    Args:
        grid: The `Grid`.
        slot: The `Slot`.
        before: Times of a shorter slot, to begin from.

    Returns:
        `(10, headings, xs, ys)` float32, at most `OUT`.
    """
    pose = grid.poses()
    free = is_free(pose, slot, MARGIN)
    done = is_parked(pose, slot.length - LENGTH) & free
    close = np.where(is_free(pose, slot, CLOSE), 0, PENALTY).astype(np.float32)
    headings, xs, ys = free.shape
    border = 2 + int(grid.ways.max() / min(grid.step[:2]))
    padded = np.full((MOVES, headings, xs + 2 * border, ys + 2 * border), OUT, np.float32)
    found = padded[:, :, border : border + xs, border : border + ys]
    if before is not None:
        found[:] = np.where(free, before, OUT)
    found[:, done] = 0
    ends, between = _ends(grid, border), transitions()
    for sweep in range(SWEEPS):
        change = 0.0
        for heading in range(headings) if sweep % 2 else range(headings)[::-1]:
            after = [
                (move, _between_cells(padded[move, *cells], *shares) + cost)
                for move, cells, shares, cost in ends[heading]
            ]
            for move in range(MOVES):
                best = np.full((xs, ys), OUT, np.float32)
                for following, seconds in after:
                    np.minimum(best, seconds + between[move, following], out=best)
                best = np.where(free[heading], np.minimum(best + close[heading], OUT), OUT)
                best[done[heading]] = 0
                change = max(change, float(np.abs(found[move, heading] - best).max()))
                found[move, heading] = best
        if change < TOLERANCE:
            break
    return found.copy()


def _ends(grid, border):
    """For each heading the moves with the cells where they end, shares of these, and seconds."""
    xs, ys, headings = grid.size
    found = []
    for heading in range(headings):
        of_heading = []
        angle = grid.low[2] + grid.step[2] * heading
        for move, way in enumerate(grid.ways):
            dx, dy, turned = moved(0.0, 0.0, 0.0, way * DIRECTIONS[move], BENDS[move])
            after = heading + round(float(turned / grid.step[2]))
            if not 0 <= after < headings:
                continue
            dx, dy, _ = moved(0.0, 0.0, angle, way * DIRECTIONS[move], BENDS[move])
            dx, dy = dx / grid.step[0], dy / grid.step[1]
            left, low = int(np.floor(dx)), int(np.floor(dy))
            cells = (
                after,
                slice(border + left, border + left + xs + 1),
                slice(border + low, border + low + ys + 1),
            )
            shares = np.float32(dx - left), np.float32(dy - low)
            of_heading.append((move, cells, shares, np.float32(way / SPEED)))
        found.append(of_heading)
    return found


def _between_cells(values, share_x, share_y):
    along = values[:, :-1] + share_y * (values[:, 1:] - values[:, :-1])
    return along[:-1] + share_x * (along[1:] - along[:-1])
