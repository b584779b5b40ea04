"""The expert: from any state, what the planner would do, for many cars at once."""

import numpy as np

from recipes.parking import car, planner
from recipes.parking.car import ANGLES, LENGTH, REAR, SPEEDS, STAND, STEERING_RATE, TURNS, WIDTH
from recipes.parking.scenes import DEPTH, SLACK

SLOW, USUAL, FAST = 1, 0, 2
BACK, AHEAD = {USUAL: 0, SLOW: 1}, {SLOW: 3, USUAL: 4, FAST: 5}
TURNED = float(np.radians(5))  # wheels that are so near to their angle need no stop
SPACING = 0.2  # metres between the slots that are planned for


class Expert:
    """Plans for slots of several lengths.

    Args:
        resolution: Size of the planner's cells, as a multiple of the usual one.
    """

    def __init__(self, resolution=1.0):
        low, step = (-6.0, 0.8, np.radians(-25)), (0.1, 0.05, np.radians(2.5))
        high = (8.0, 4.9, np.radians(67.5))
        step = tuple(resolution * s for s in step)
        size = tuple(round((h - l) / s) + 1 for h, l, s in zip(high, low, step))
        self.grid = planner.Grid(low, step, size)
        self.slacks = np.arange(SLACK[0] - 0.1, SLACK[1] + 1e-6, SPACING)
        before, tables = None, []
        for slack in self.slacks:
            slot = planner.Slot(LENGTH + slack, DEPTH)
            before, _ = planner.times(self.grid, slot, before)
            tables.append(before)
        self.times = np.stack(tables)  # (S, 10, headings, xs, ys)
        self.direction, self.curvature = planner.moves()
        self.between = planner.transitions()

    def act(self, cars, scenes, last):
        """Numbers of the speed and the turn that park each car soonest, `(B,)` each.

        Args:
            cars: The `Cars`.
            scenes: Their `Scenes`.
            last: `(B,)` direction of the last motion, -1 or 1.
        """
        slack = scenes.slack
        table = np.clip(((slack - self.slacks[0] + 1e-4) / SPACING).astype(int), 0, len(self.slacks) - 1)
        x = cars.x - scenes.slots.mean(1)
        before = x < self.grid.low[0] + 1
        near = np.where(before, self.grid.low[0] + 1, x)
        pose = near, cars.y, cars.heading
        wheels = np.abs(cars.steering[:, None] - np.tile(ANGLES, 2)) / STEERING_RATE
        turned = planner.CHANGE * (self.direction != last[:, None])
        first, after, self.left = self._best(table, pose, wheels + turned)
        then, _, _ = self._best(table, after, self.between[first])
        ahead = self.direction[first] > 0
        straight = np.abs(self.curvature[first]) < 1e-6
        goes_on = (self.direction[then] == self.direction[first]) & (
            np.abs(TURNS[then % 5] - TURNS[first % 5]) <= 0.5
        )
        pace = np.where(goes_on, USUAL, SLOW)
        pace = np.where(goes_on & ahead & straight & (x < 1.5) & (cars.y > DEPTH + WIDTH / 2 + 0.25) & (np.abs(cars.heading) < np.radians(4)), FAST, pace)
        speeds = np.where(ahead, np.array([4, 3, 5])[pace], np.array([0, 1, 0])[pace])
        turns = first % 5
        # Wheels are turned while the car stands.
        against = cars.speed * self.direction[first] < -0.01
        waits = (np.abs(ANGLES[turns] - cars.steering) > TURNED) | against
        there = self.at_goal(cars, x, slack)
        lane = (x < -3.5) & (np.abs(cars.heading) < np.radians(15)) & (cars.y > DEPTH + WIDTH / 2 + 0.2) & (last > 0)
        if lane.any():
            aim = np.clip(cars.y, DEPTH + WIDTH / 2 + 0.6, DEPTH + WIDTH / 2 + 1.4) - cars.y
            bend = np.clip(aim * 0.3 - cars.heading, -0.5, 0.5)
            t = np.abs(np.degrees(bend)[:, None] * 3 - np.degrees(ANGLES)).argmin(1)
            turns = np.where(lane, t, turns)
            speeds = np.where(lane, 5, speeds)
            waits &= ~lane
        stands = waits | there
        return np.where(stands, STAND, speeds), np.where(there, 2, turns)

    def at_goal(self, cars, x, slack):
        return (
            (np.abs(x - REAR + LENGTH / 2) <= np.maximum(0.15, 0.5 * slack - 0.25))
            & (np.abs(cars.y - 0.25 - WIDTH / 2) <= 0.12)
            & (np.abs(cars.heading) <= np.radians(2.5))
        )

    def _best(self, table, pose, cost):
        """The best move of each, the pose after it, and the seconds that are left."""
        x, y, heading = (values[:, None] for values in pose)
        ways = self.grid.ways
        ends = car.moved(x, y, heading, ways * self.direction, self.curvature)
        left = self._left(table, ends) + cost + ways / planner.SPEED  # (B, 10)
        best = left.argmin(1)
        rows = np.arange(len(best))
        return best, tuple(end[rows, best] for end in ends), left[rows, best]

    def _left(self, table, ends):
        """Seconds left after each move, between the cells of the grid, `(B, 10)`."""
        grid, (nx, ny, nt) = self.grid, self.grid.size
        place = [
            (end - low) / step for end, low, step in zip(ends, grid.low, grid.step, strict=True)
        ]
        outside = np.zeros(place[0].shape, bool)
        whole, part = [], []
        for values, size in zip(place, (nx, ny, nt), strict=True):
            outside |= (values < 0) | (values > size - 1)
            floor = np.clip(np.floor(values), 0, size - 2).astype(np.int64)
            whole.append(floor)
            part.append(values - floor)
        flat = self.times.reshape(-1)
        base = ((table[:, None] * 10 + np.arange(10)) * nt + whole[2]) * nx + whole[0]
        base = base * ny + whole[1]
        fx, fy, ft = part
        found = 0.0
        for dt, wt in ((0, 1 - ft), (nx * ny, ft)):
            for dx, wx in ((0, 1 - fx), (ny, fx)):
                for dy, wy in ((0, 1 - fy), (1, fy)):
                    found = found + wt * wx * wy * flat[base + (dt + dx + dy)]
        return np.where(outside, planner.OUT, found)
