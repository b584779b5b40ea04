"""The simulator: many cars at once in their streets, what they measure, and how a run ends."""

import numpy as np

from recipes.parking import car
from recipes.parking.car import ANGLES, FAST, FRONT, LENGTH, REAR, SPEEDS, STAND, WHEELBASE, WIDTH

NOSE, SIDE = WHEELBASE + FRONT, WIDTH / 2
SCANNER, BUMPER = 4.0, 1.8  # metres that a sensor reaches
# Place on the car, direction in degrees from ahead, and reach. Two look square to the right, those
# of the bumpers see near things only.
SENSORS = np.array(
    [
        (3.2, -SIDE, -90, SCANNER), (-0.4, -SIDE, -90, SCANNER),
        (NOSE, -0.7, -45, BUMPER), (NOSE, -0.4, 0, BUMPER),
        (NOSE, 0.4, 0, BUMPER), (NOSE, 0.7, 45, BUMPER),
        (-REAR, -0.7, -135, BUMPER), (-REAR, -0.4, 180, BUMPER),
        (-REAR, 0.4, 180, BUMPER), (-REAR, 0.7, 135, BUMPER),
    ],
    np.float32,
)  # fmt: skip
REACH = SENSORS[:, 3]
RANGES = len(SENSORS)
MEASURED = RANGES + 2  # the speed and the angle of the wheels too
NOISE, RELATIVE_NOISE, MISSED = 0.015, 0.01, 0.005  # metres; share of a range; share of readings
NOISE_OF_SPEED, NOISE_OF_ANGLE = 0.01, 0.01  # of their largest values
STEPS = 300  # of a run at most
STILL = 10  # steps of standing on demand that end a run
ALIGNED = float(np.radians(5))  # heading of a parked car, at most
BAY = 2.4  # metres from the kerb to the line around the slot
FAR = np.array([-25.0, 20.0, 7.0], np.float32)  # least and greatest x and greatest y of the street
RUNNING, PARKED, CONTACT, ASTRAY, TIMEOUT = range(5)
OUTCOMES = ("running", "parked", "contact", "elsewhere", "too long")


class Simulator:
    """Runs in several scenes, a step at a time.

    Args:
        scenes: The `Scenes`.
        seed: Seed of the noise.
    """

    def __init__(self, scenes, seed):
        self.scenes = scenes
        self.cars = car.standing(*scenes.starts.T)
        count = len(scenes)
        self.generator = np.random.Generator(np.random.SFC64(seed))
        self.still = np.zeros(count, np.int32)
        self.outcome = np.zeros(count, np.int8)
        self.direction = np.ones(count, np.float32)  # of the last motion
        self.changes = np.zeros(count, np.int32)
        self.steps = np.zeros(count, np.int32)

    @property
    def running(self):
        """`(B,)` bool: runs that have not ended."""
        return self.outcome == RUNNING

    def sense(self):
        """`(B, 12)` float32: ranges as shares of their reach, speed, and angle of the wheels."""
        cars, generator = self.cars, self.generator
        true = ranges(cars, self.scenes.boxes)
        drawn = generator.standard_normal((len(cars), MEASURED), np.float32)
        found = true + drawn[:, :RANGES] * (NOISE + RELATIVE_NOISE * true)
        missed = generator.random((len(cars), RANGES), np.float32) < MISSED
        found = np.where(missed, REACH, np.clip(found, 0, REACH))
        out = np.empty((len(cars), MEASURED), np.float32)
        out[:, :RANGES] = np.round(found * 100) / (100 * REACH)
        out[:, RANGES] = cars.speed / SPEEDS[-1] + NOISE_OF_SPEED * drawn[:, RANGES]
        out[:, RANGES + 1] = cars.steering / car.STEERING + NOISE_OF_ANGLE * drawn[:, RANGES + 1]
        return out

    def step(self, speeds, turns):
        """Do what is asked for in the runs that have not ended.

        The car turns its wheels standing: but at the highest speed, it waits for them.

        Args:
            speeds, turns: `(B,)` numbers of `SPEEDS` and `TURNS`.
        """
        before, running = self.cars, self.running
        off = np.abs(ANGLES[turns] - before.steering) > car.TURNED
        speed = np.where(off & (speeds != FAST), 0, SPEEDS[speeds])
        after = car.advance(before, speed, ANGLES[turns])
        for name, old in vars(before).items():
            setattr(after, name, np.where(running, getattr(after, name), old))
        self.cars = after
        moving = np.abs(after.speed) > 0.01
        sign = np.sign(after.speed)
        changed = running & moving & (sign != self.direction)
        self.changes += changed
        self.direction = np.where(changed, sign, self.direction)
        self.steps += running
        self.still = np.where(moving | (speeds != STAND), 0, self.still + running)
        outcome = np.zeros_like(self.outcome)
        outcome[self.steps >= STEPS] = TIMEOUT
        stands = self.still >= STILL
        outcome[stands] = np.where(parked(after, self.scenes)[stands], PARKED, ASTRAY)
        outcome[touching(after, self.scenes.boxes)] = CONTACT
        x, y = after.x, after.y
        outcome[(x < FAR[0]) | (x > FAR[1]) | (y > FAR[2])] = ASTRAY
        self.outcome = np.where(running, outcome, self.outcome)


def ranges(cars, boxes):
    """Measurements of the sensors, but without noise, `(B, 10)` metres, at most their reach."""
    place_x, place_y, degrees, reach = SENSORS.T
    cos, sin = np.cos(cars.heading)[:, None], np.sin(cars.heading)[:, None]
    x = cars.x[:, None] + place_x * cos - place_y * sin  # (B, R)
    y = cars.y[:, None] + place_x * sin + place_y * cos
    angle = np.radians(degrees)
    ca, sa = np.cos(angle), np.sin(angle)
    # Never along an axis, so that nothing is divided by 0.
    dx = cos * ca - sin * sa + np.float32(1e-7)
    dy = sin * ca + cos * sa + np.float32(1e-7)
    along, aside = 1 / dx, 1 / dy
    found = np.where(dy < 0, -y * aside, reach)  # the kerb
    for number in range(boxes.shape[1]):
        box = boxes[:, number, :, None]  # (B, 4, 1)
        a, b = (box[:, 0] - x) * along, (box[:, 1] - x) * along
        c, d = (box[:, 2] - y) * aside, (box[:, 3] - y) * aside
        near = np.maximum(np.minimum(a, b), np.minimum(c, d))
        far = np.minimum(np.maximum(a, b), np.maximum(c, d))
        hit = (far >= near) & (far > 0)
        found = np.where(hit, np.minimum(found, np.maximum(near, 0)), found)
    return np.minimum(found, reach)


def touching(cars, boxes):
    """`(B,)` bool: cars that touch a parked one, or the kerb."""
    px, py = car.corners(cars.x, cars.y, cars.heading)  # (B, 4)
    touches = (py < 0).any(1)
    cos, sin = np.cos(cars.heading), np.sin(cars.heading)
    for number in range(boxes.shape[1]):
        box = boxes[:, number]
        low_x, high_x, low_y, high_y = box.T[:, :, None]
        touches |= ((px > low_x) & (px < high_x) & (py > low_y) & (py < high_y)).any(1)
        for i in (0, 1):
            for j in (2, 3):
                dx, dy = box[:, i] - cars.x, box[:, j] - cars.y
                along, aside = dx * cos + dy * sin, dy * cos - dx * sin
                touches |= (along > -REAR) & (along < LENGTH - REAR) & (np.abs(aside) < SIDE)
    return touches


def parked(cars, scenes):
    """`(B,)` bool: cars inside the slot and aligned with it."""
    px, py = car.corners(cars.x, cars.y, cars.heading)
    begin, end = scenes.slots.T[:, :, None]
    inside = ((px > begin) & (px < end) & (py > 0) & (py < BAY)).all(1)
    return inside & (np.abs(cars.heading) <= ALIGNED)
