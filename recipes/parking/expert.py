"""The expert: from any state of the car, what the planner would do next, for many cars at once."""

import functools

import numpy as np

from recipes.common.terminal import tell
from recipes.parking import car, planner
from recipes.parking.car import ANGLES, FAST, LENGTH, STAND, STEERING_RATE, TURNS, WIDTH
from recipes.parking.planner import BENDS, DIRECTIONS, MOVES, OUT
from recipes.parking.scenes import DEPTH, SLACK

SPACING = 0.2  # metres between the lengths of slots that are planned for
STRAIGHT = float(np.radians(4))  # heading at which the car may go fast
BESIDE = DEPTH + WIDTH / 2  # metres from the kerb at which the car would graze the parked ones
LANE = (BESIDE + 0.6, BESIDE + 1.4)  # metres from the kerb between which it comes along
ROOM, TO_KERB = 0.5, 0.2  # metres to a car and to the kerb below which it goes slowly
ALONG = -3.5  # metres before the middle of the slot up to which it keeps to the lane
BACK, BACK_SLOWLY, SLOWLY, ONWARD = 0, 1, 3, 4  # numbers of speeds


@functools.lru_cache(maxsize=2)
def planned(resolution):
    """The `Expert` of a resolution, which plans once in a process."""
    tell("Planning: the least time to park from every pose, for slots of each length.")
    return Expert(resolution)


class Expert:
    """Plans for slots of several lengths, made once.

    Args:
        resolution: Size of the planner's cells, as a multiple of the usual one.
    """

    def __init__(self, resolution=1.0):
        self.grid = planner.Grid.of(resolution)
        self.slacks = np.arange(SLACK[0] - 0.1, SLACK[1] + 1e-6, SPACING)
        self.between = planner.transitions()
        tables, before = [], None
        for slack in self.slacks:
            before = planner.times(self.grid, planner.Slot(LENGTH + slack, DEPTH), before)
            tables.append(before)
        self.times = np.stack(tables)  # (S, 10, headings, xs, ys)

    def act(self, cars, scenes, last):
        """Numbers of the speed and the turn that park each car soonest, `(B,)` each.

        Args:
            cars: The `Cars`.
            scenes: Their `Scenes`.
            last: `(B,)` direction of the last motion, -1 or 1.
        """
        x = cars.x - scenes.slots.mean(1)
        first, then = self._plan(cars, scenes, last, x)
        turns = first % len(TURNS)
        ahead = DIRECTIONS[first] > 0
        changes = DIRECTIONS[then] != DIRECTIONS[first]
        bends = np.abs(TURNS[then % len(TURNS)] - TURNS[turns]) > 0.5
        slowly = changes | bends | self._is_near(cars, scenes, x, ahead)
        speeds = np.where(
            ahead, np.where(slowly, SLOWLY, ONWARD), np.where(slowly, BACK_SLOWLY, BACK)
        )
        open_road = (x < 1.5) & (cars.y > BESIDE + 0.25) & (np.abs(cars.heading) < STRAIGHT)
        fast = ahead & ~slowly & (BENDS[first] == 0) & open_road
        speeds = np.where(fast, FAST, speeds)
        speeds, turns = self._in_lane(cars, last, x, speeds, turns)
        done = planner.is_parked((x, cars.y, cars.heading), scenes.slack, spare=0.03)
        straight = np.flatnonzero(TURNS == 0)[0]
        return np.where(done, STAND, speeds), np.where(done, straight, turns)

    def _plan(self, cars, scenes, last, x):
        """The best move of each car, and the one after it."""
        tables = ((scenes.slack - self.slacks[0] + 1e-4) / SPACING).astype(int)
        tables = np.clip(tables, 0, len(self.slacks) - 1)
        # From beyond the grid it is planned as from its edge.
        low, high = (np.array(self.grid.low) + edge for edge in self._edges())
        pose = [
            np.clip(values, *bounds)
            for values, *bounds in zip((x, cars.y, cars.heading), low, high, strict=True)
        ]
        wheels = np.abs(cars.steering[:, None] - np.tile(ANGLES, 2)) / STEERING_RATE
        first, after = self._best(
            tables, pose, wheels + planner.CHANGE * (last[:, None] != DIRECTIONS)
        )
        then, _ = self._best(tables, after, self.between[first])
        return first, then

    def _edges(self):
        """Bounds of the poses that are planned from, relative to the first cell of the grid."""
        size = (np.array(self.grid.size) - 1) * self.grid.step
        spare = np.array([0.5, 0.0, 0.0])
        return spare, size - np.array([0.5, 0.3, np.radians(6)])

    def _is_near(self, cars, scenes, x, ahead):
        """True for cars that have little room where they are going."""
        px, py = car.corners(x, cars.y, cars.heading)
        half = (scenes.slots[:, 1] - scenes.slots[:, 0]) / 2
        room = np.where(ahead, half - px.max(1), px.min(1) + half)
        lowest = py.min(1)
        return ((lowest < DEPTH) & (room < ROOM)) | (lowest < TO_KERB)

    def _in_lane(self, cars, last, x, speeds, turns):
        """The way to the slot: along the parked cars, straight on."""
        clear = (np.abs(cars.heading) < np.radians(15)) & (cars.y > BESIDE + 0.2)
        lane = (x < ALONG) & clear & (last > 0)
        aside = np.clip(cars.y, *LANE) - cars.y
        angle = np.clip(3 * (0.3 * aside - cars.heading), -1.5, 1.5)
        nearest = np.abs(angle[:, None] - ANGLES).argmin(1)
        return np.where(lane, FAST, speeds), np.where(lane, nearest, turns)

    def _best(self, tables, pose, cost):
        """The best move of each and the pose after it."""
        x, y, heading = (values[:, None] for values in pose)
        ways = self.grid.ways
        ends = car.moved(x, y, heading, ways * DIRECTIONS, BENDS)
        best = (self._left(tables, ends) + cost + ways / planner.SPEED).argmin(1)
        rows = np.arange(len(best))
        return best, [end[rows, best] for end in ends]

    def _left(self, tables, ends):
        """Seconds left after each move, between the cells of the grid, `(B, 10)`."""
        xs, ys, headings = self.grid.size
        outside, whole, share = False, [], []
        for end, low, step, size in zip(
            ends, self.grid.low, self.grid.step, self.grid.size, strict=True
        ):
            place = (end - low) / step
            outside = outside | (place < 0) | (place > size - 1)
            floor = np.clip(np.floor(place), 0, size - 2)
            whole.append(floor.astype(np.int64))
            share.append((place - floor).astype(np.float32))
        at = (tables[:, None] * MOVES + np.arange(MOVES)) * headings + whole[2]
        at = (at * xs + whole[0]) * ys + whole[1]
        flat, found = self.times.reshape(-1), 0.0
        for by_heading, of_heading in ((0, 1 - share[2]), (xs * ys, share[2])):
            for by_x, of_x in ((0, 1 - share[0]), (ys, share[0])):
                for by_y, of_y in ((0, 1 - share[1]), (1, share[1])):
                    found = found + of_heading * of_x * of_y * flat[at + (by_heading + by_x + by_y)]
        return np.where(outside, OUT, found)
