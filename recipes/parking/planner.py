"""The planner: least time to park from every pose, by dynamic programming over arcs.

The moves are those of Reeds and Shepp, forward and reverse on arcs or straight on, here with five
bends of the wheels. Each is a short arc; a direction change and every turn of the standing wheels
cost the time that they take, and a move that touches a car or the kerb is out. Value iteration
backwards from the parked poses gives the time to go from all poses at once. So the best move is
found anew at each step and from any pose by looking a few arcs ahead.

Reference: Reeds & Shepp (1990), "Optimal paths for a car that goes both forwards and backwards",
https://doi.org/10.2140/pjm.1990.145.367, for the moves; Dolgov et al. (2010), "Path planning for
autonomous vehicles in unknown semi-structured environments",
https://doi.org/10.1177/0278364909359210, section 2, for arcs over a grid of poses.
"""

import dataclasses

import numpy as np

from recipes.parking.car import ANGLES, CURVATURE, STEERING_RATE, TURNS, corners, moved, WIDTH, LENGTH, REAR

OUT = 120.0  # seconds: the value of what touches, and of what lies outside of the grid
SPEED = 0.8  # metres a second
CHANGE = 4.0  # seconds that a direction change counts for, beside those of the wheels
MARGIN = 0.02  # metres that are kept free around the car
CLOSE, PENALTY = 0.08, 1.5  # metres within which a move counts for so many seconds more


@dataclasses.dataclass(frozen=True)
class Grid:
    """Poses at which times are kept: the first ones, the steps between them, and their numbers.

    A whole move turns the heading by `turn` cells of it at full lock.
    """

    low: tuple
    step: tuple
    size: tuple
    turn: int = 1

    @property
    def way(self):
        """Metres of the longest move."""
        return max(self.ways)

    @property
    def ways(self):
        """Metres of each move."""
        cell = self.turn * self.step[2] / CURVATURE
        return np.tile(np.where(np.abs(TURNS) == 0.5, 2 * cell, cell), 2)

    def axis(self, number):
        """Values of x, y or heading."""
        return self.low[number] + self.step[number] * np.arange(self.size[number])


def moves():
    """Direction and curvature of each move, `(10,)` each."""
    return np.repeat([-1.0, 1.0], len(TURNS)), np.tile(TURNS * CURVATURE, 2)


def transitions():
    """Seconds between two moves, `(10, 10)`: of the wheels, and of a direction change."""
    direction, _ = moves()
    angles = np.tile(ANGLES, 2)
    turning = np.abs(angles[:, None] - angles) / STEERING_RATE
    return (turning + CHANGE * (direction[:, None] != direction)).astype(np.float32)


def free(grid, slot, margin=MARGIN):
    """True for poses of a grid that touch nothing, `(headings, xs, ys)`."""
    heading, x, y = np.meshgrid(grid.axis(2), grid.axis(0), grid.axis(1), indexing="ij")
    px, py = corners(x, y, heading, margin)
    touches = (py.min(-1) < 0) | ((py < slot.depth) & (np.abs(px) > slot.length / 2)).any(-1)
    for edge in (-slot.length / 2, slot.length / 2):
        dx, dy = edge - x, slot.depth - y
        along = dx * np.cos(heading) + dy * np.sin(heading)
        aside = -dx * np.sin(heading) + dy * np.cos(heading)
        touches |= (
            (along > -REAR - margin)
            & (along < LENGTH - REAR + margin)
            & (np.abs(aside) < WIDTH / 2 + margin)
        )
    return ~touches


@dataclasses.dataclass(frozen=True)
class Slot:
    length: float
    depth: float


def goal(grid, slot):
    heading, x, y = np.meshgrid(grid.axis(2), grid.axis(0), grid.axis(1), indexing="ij")
    slack = slot.length - LENGTH
    centre = REAR - LENGTH / 2
    return (
        (np.abs(x - centre) <= max(0.12, 0.5 * slack - 0.3))
        & (np.abs(y - 0.25 - WIDTH / 2) <= 0.09)
        & (np.abs(heading) <= np.radians(2.0))
    )


def times(grid, slot, start=None, tolerance=0.05, rounds=400):
    """Seconds to go after each move, `(10, headings, xs, ys)`."""
    direction, curvature = moves()
    between = transitions()
    is_free, is_goal = free(grid, slot), goal(grid, slot)
    close = np.where(free(grid, slot, CLOSE), 0, PENALTY).astype(np.float32)
    is_goal &= is_free
    nt, nx, ny = is_free.shape
    pad = 2 + int(max(grid.way / grid.step[0], grid.way / grid.step[1]))
    headings = grid.axis(2)
    padded = np.full((10, nt, nx + 2 * pad, ny + 2 * pad), OUT, np.float32)
    inner = padded[:, :, pad : pad + nx, pad : pad + ny]
    inner[:, is_goal] = 0
    if start is not None:
        inner[:] = np.where(is_free, start, OUT)
    plan = []
    for k in range(10):
        for t in range(nt):
            way = grid.ways[k]
            turn = way * direction[k] * curvature[k]
            t2 = t + round(turn / grid.step[2])
            if not 0 <= t2 < nt:
                continue
            dx, dy, _ = moved(0.0, 0.0, headings[t], way * direction[k], curvature[k])
            fx, fy = dx / grid.step[0], dy / grid.step[1]
            ix, iy = int(np.floor(fx)), int(np.floor(fy))
            plan.append((k, t, t2, ix, iy, np.float32(fx - ix), np.float32(fy - iy)))
    by_heading = [[p for p in plan if p[1] == t] for t in range(nt)]
    for number in range(rounds):
        change = 0.0
        # Gauss-Seidel sweeps up and down the headings.
        for t in range(nt) if number % 2 else range(nt - 1, -1, -1):
            after = []
            for k, _, t2, ix, iy, wx, wy in by_heading[t]:
                a = padded[k, t2, pad + ix : pad + ix + nx + 1, pad + iy : pad + iy + ny + 1]
                b = a[:, :-1] + wy * (a[:, 1:] - a[:, :-1])
                after.append((k, b[:-1] + wx * (b[1:] - b[:-1]) + np.float32(grid.ways[k] / SPEED)))
            for k in range(10):
                best = None
                for k2, q in after:
                    value = q + between[k, k2]
                    best = value if best is None else np.minimum(best, value, out=best)
                best = np.where(is_free[t], np.minimum(best + close[t], OUT), OUT)
                best[is_goal[t]] = 0
                old = inner[k, t]
                change = max(change, float(np.abs(old - best).max()))
                old[...] = best
        if change < tolerance:
            break
    return inner.copy(), number
