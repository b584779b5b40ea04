"""Streets with parked cars: a slot to park in, gaps that are too short, and where the car starts.

The kerb is the line y = 0, on the car's right; the slot begins at x = 0.
"""

import dataclasses
import math

import numpy as np

from recipes.common.errors import UserError
from recipes.parking.car import LENGTH, WIDTH

SLACK = (1.2, 2.4)  # metres that a slot is longer than the car
SHORT = (0.1, 0.5)  # metres that a gap is longer than the car which is too short to park in
CLOSE = (0.5, 1.3)  # metres between other cars
SHARE_OF_SHORT = 0.5  # of the gaps before the slot
LENGTHS, WIDTHS = (3.7, 4.7), (1.65, 1.85)  # metres, of parked cars
TO_KERB = (0.1, 0.3)  # metres between them and the kerb
DEPTH = TO_KERB[1] + WIDTHS[1]  # of the row of cars, at most
BEFORE, AFTER = 3, 2  # cars
STARTS = (-13.0, -6.0)  # metres from the slot's begin to the rear axle
ASIDE = (0.6, 1.4)  # metres between the row and the car that starts
ASKEW = float(np.radians(3))  # its heading, at most
# What a description of a scene may give, with the limits of each: metres, and degrees of the last.
LIMITS = {
    "slot": (LENGTH + 0.2, 12.0), "gaps": (0.2, 12.0), "aside": (0.4, 2.0), "start": (-16.0, -6.0),
    "askew": (-10.0, 10.0),
}  # fmt: skip
PARTS = {"train": 0, "validation": 1, "test": 2}


@dataclasses.dataclass
class Scenes:
    """Several streets.

    boxes: `(B, K, 4)` parked cars: least and greatest x, least and greatest y, metres.
    slots: `(B, 2)` begin and end of the slot.
    starts: `(B, 3)` poses of the car.
    """

    boxes: np.ndarray
    slots: np.ndarray
    starts: np.ndarray

    def __len__(self):
        return len(self.slots)

    @property
    def slack(self):
        """`(B,)` metres that each slot is longer than the car."""
        return self.slots[:, 1] - self.slots[:, 0] - LENGTH

    def take(self, chosen):
        """Some of them."""
        return Scenes(self.boxes[chosen], self.slots[chosen], self.starts[chosen])


def drawn(part, seed, count, first=0):
    """The scenes of a part with the numbers from `first` on, each from its own seed."""
    return joined([scene(part, seed, number) for number in range(first, first + count)])


def scene(part, seed, number):
    """One scene: a function of part, seed and number alone, `Scenes` of one."""
    generator = np.random.Generator(np.random.PCG64([PARTS[part], seed, number]))
    slack = generator.uniform(*SLACK)
    short = generator.random(BEFORE - 1) < SHARE_OF_SHORT
    gaps = np.where(
        short,
        LENGTH + generator.uniform(*SHORT, BEFORE - 1),
        generator.uniform(*CLOSE, BEFORE - 1),
    )
    after = generator.uniform(*CLOSE, AFTER - 1)
    lengths = generator.uniform(*LENGTHS, BEFORE + AFTER)
    near = generator.uniform(*TO_KERB, BEFORE + AFTER)
    far = near + generator.uniform(*WIDTHS, BEFORE + AFTER)
    start = (
        generator.uniform(*STARTS),
        far.max() + generator.uniform(*ASIDE) + WIDTH / 2,
        generator.uniform(-ASKEW, ASKEW),
    )
    return made(LENGTH + slack, gaps, after, lengths, near, far, start)


def made(length, gaps, after, lengths, near, far, start):
    """A scene of given sizes, metres, as `Scenes` of one.

    Args:
        length: Of the slot.
        gaps: Between the cars before it, in their order.
        after: Between the cars after it.
        lengths: Of the cars, in their order.
        near, far: From the kerb to their near and their far side.
        start: Pose of the car.
    """
    before = len(gaps) + 1
    ends = -np.concatenate([[0], np.cumsum((lengths[1:before] + gaps)[::-1])])[::-1]
    begins = length + np.concatenate([[0], np.cumsum(lengths[before:-1] + after)])
    low = np.concatenate([ends - lengths[:before], begins])
    boxes = np.stack([low, low + lengths, near, far], 1)
    slots = np.array([[0, length]], np.float32)
    return Scenes(boxes[None].astype(np.float32), slots, np.array([start], np.float32))


def parse(text):
    """The scene that a text names: the number of a test scene from 1 on, or sizes in metres.

    What a description such as `"slot=5.6 aside=0.9 gaps=4.5,0.8 start=-8 askew=2"` leaves out is as
    in the first test scene: `slot` its length, `gaps` between the cars before it, `aside` from the
    cars to the one that starts, `start` from the slot's begin to its rear axle, and `askew` its
    heading in degrees.

    Raises:
        UserError: If it is neither, naming what is wrong.
    """
    if text.strip().isdecimal():
        number = int(text)
        if not number:
            raise UserError("Scenes are numbered from 1.")
        return scene("test", 0, number - 1)
    given = {}
    for part in text.split():
        name, _, value = part.partition("=")
        if name not in LIMITS:
            raise UserError(
                f"{text!r}: a scene is the number of a test scene, or sizes such as slot=5.6 "
                f"aside=0.9; known are {', '.join(LIMITS)}, and {part!r} is none of them."
            )
        if name in given:
            raise UserError(f"{text!r}: {name} is given twice.")
        given[name] = [_size(text, name, number) for number in value.split(",")]
        if len(given[name]) > 1 and name != "gaps":
            raise UserError(f"{text!r}: {name} takes one number.")
    if not given:
        raise UserError("A scene is the number of a test scene, or sizes such as slot=5.6.")
    return _described(given)


def _size(text, name, value):
    low, high = LIMITS[name]
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise UserError(f"{text!r}: {name} must be from {low:g} to {high:g}; got {value!r}.")
    return number


def _described(given):
    usual = scene("test", 0, 0)
    lengths = usual.boxes[0, :, 1] - usual.boxes[0, :, 0]
    far = usual.boxes[0, :, 3]
    low, high = usual.boxes[0, :, 0], usual.boxes[0, :, 1]
    gaps = given.get("gaps", (low[1:BEFORE] - high[: BEFORE - 1]).tolist())
    before = np.resize(np.arange(BEFORE), len(gaps) + 1)
    cars = np.concatenate([before, np.arange(BEFORE, BEFORE + AFTER)])
    x, y, heading = usual.starts[0]
    if "aside" in given:
        y = far.max() + given["aside"][0] + WIDTH / 2
    if "askew" in given:
        heading = np.radians(given["askew"][0])
    return made(
        given.get("slot", [usual.slots[0, 1]])[0],
        np.array(gaps),
        low[BEFORE + 1 :] - high[BEFORE:-1],
        lengths[cars],
        usual.boxes[0, cars, 2],
        far[cars],
        (given.get("start", [x])[0], y, heading),
    )


def joined(several):
    """Scenes of one list."""
    boxes, slots, starts = (
        np.concatenate([getattr(one, name) for one in several])
        for name in ("boxes", "slots", "starts")
    )
    return Scenes(boxes, slots, starts)
