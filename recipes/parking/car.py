"""The car: its outline, the limits of its speed and steering, and one step of a bicycle model.

A pose is that of the middle of the rear axle: metres along the kerb, metres from the kerb, and the
heading in radians, which grows as the nose turns away from the kerb.

Reference: Rajamani (2012), "Vehicle dynamics and control", section 2.2, for the kinematic model.
"""

import dataclasses

import numpy as np

WHEELBASE, REAR, FRONT, WIDTH = 2.6, 0.75, 0.85, 1.75  # metres; overhangs behind and ahead
LENGTH = REAR + WHEELBASE + FRONT
STEERING = float(np.radians(35))  # of the front wheels, at most
STEERING_RATE = float(np.radians(40))  # a second
ACCELERATION = 1.5  # metres a second, each second
SECONDS = 0.2  # of a step
CURVATURE = float(np.tan(STEERING)) / WHEELBASE  # at most

# What can be asked for in a step: metres a second, and shares of the largest curvature.
SPEEDS = np.array([-0.8, -0.4, 0.0, 0.4, 0.8, 1.5], np.float32)
TURNS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0], np.float32)
STAND, FAST = 2, 5  # numbers of the speed 0 and of the highest
TURNED = float(np.radians(5))  # from the angle asked for, within which the car moves off
ANGLES = np.arctan(TURNS * np.tan(STEERING)).astype(np.float32)  # of the front wheels


@dataclasses.dataclass
class Cars:
    """States of several cars, each an array `(B,)` float32."""

    x: np.ndarray
    y: np.ndarray
    heading: np.ndarray
    speed: np.ndarray
    steering: np.ndarray

    def __len__(self):
        return len(self.x)

    @property
    def poses(self):
        """`(B, 3)`: x, y and heading."""
        return np.stack([self.x, self.y, self.heading], 1)


def standing(x, y, heading):
    """Cars that stand with straight wheels."""
    still = np.zeros(len(x), np.float32)
    poses = (np.asarray(values, np.float32) for values in (x, y, heading))
    return Cars(*poses, still, still.copy())


def advance(cars, speed, steering):
    """The cars a step later.

    Args:
        cars: The `Cars`.
        speed: `(B,)` speeds that are asked for, metres a second.
        steering: `(B,)` angles of the front wheels that are asked for, radians.
    """
    most, turned = ACCELERATION * SECONDS, STEERING_RATE * SECONDS
    new_speed = cars.speed + np.clip(speed - cars.speed, -most, most)
    new_steering = cars.steering + np.clip(steering - cars.steering, -turned, turned)
    way = (0.5 * SECONDS) * (cars.speed + new_speed)
    bend = np.tan(0.5 * (cars.steering + new_steering)) * (1 / WHEELBASE)
    return Cars(*moved(cars.x, cars.y, cars.heading, way, bend), new_speed, new_steering)


def moved(x, y, heading, way, curvature):
    """The pose after a way along an arc; backwards if the way is negative."""
    turn = way * curvature
    chord = way * (1 - turn * turn * (1 / 24))  # sin(turn / 2) / (turn / 2), to a millionth
    middle = heading + 0.5 * turn
    return x + chord * np.cos(middle), y + chord * np.sin(middle), heading + turn


def corners(x, y, heading, margin=0.0):
    """Corners of the outline: x and y, each `(…, 4)`."""
    nose, side, more = WHEELBASE + FRONT, WIDTH / 2, margin
    along = np.array([-REAR - more, nose + more, nose + more, -REAR - more], np.float32)
    aside = np.array([-side - more, -side - more, side + more, side + more], np.float32)
    cos, sin = np.cos(heading)[..., None], np.sin(heading)[..., None]
    return x[..., None] + along * cos - aside * sin, y[..., None] + along * sin + aside * cos


def reach(poses):
    """The greatest x and y of the outlines in `(N, 3 or more)` poses."""
    x, y = corners(*np.asarray(poses)[:, :3].T)
    return float(x.max()), float(y.max())
