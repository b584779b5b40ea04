"""Streets with parked cars: a slot to park in, gaps that are too short, and where the car starts.

The kerb is the line y = 0, on the car's right; the slot begins at x = 0.
"""

import dataclasses

import numpy as np

from recipes.parking.car import LENGTH, WIDTH

SLACK = (1.1, 2.2)  # metres that a slot is longer than the car
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


def joined(several):
    """Scenes of one list."""
    return Scenes(
        *(np.concatenate([getattr(one, name) for one in several]) for name in ("boxes", "slots", "starts"))
    )
