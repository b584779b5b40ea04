"""Batches of runs: those of the rounds so far to learn from, the expert's own to validate."""

import dataclasses
import functools
import hashlib

import numpy as np

from recipes.common.data.batching import Epochs
from recipes.parking import car, driving, scenes, simulator
from recipes.parking.expert import planned
from recipes.parking.rounds import FOLDER, Pool

LENGTHS = (160, 208, simulator.STEPS)  # steps that batches are padded to
AROUND = 3  # steps before and after a direction change that count for more
VALIDATED = 128  # runs of the expert


class Batches(Epochs):
    """Batches of runs, sorted by length.

    Args:
        batch_size: Runs of a batch.
        batches: Batches of an epoch.
        runs_of: Function of an epoch: a list of rounds, each a dict of `sensors`, `advised` and
            `steps`.
        seed: Seed of what is chosen; None for the first ones in their order.
        change_weight: Weight of the steps around a direction change.
    """

    ahead = 0  # the next epoch's runs are driven after the last step of this one

    def __init__(self, batch_size, batches, runs_of, seed=None, change_weight=1.0):
        self.batch_size, self.batches, self.runs_of = batch_size, batches, runs_of
        self.seed, self.change_weight = seed, change_weight

    def __len__(self):
        return self.batches

    def order(self, epoch=0):
        """The runs of each batch, as the number of the round and of the run in it."""
        rounds = self.runs_of(epoch)
        every = np.concatenate(
            [
                np.stack([np.full(len(one["steps"]), i), np.arange(len(one["steps"]))], 1)
                for i, one in enumerate(rounds)
            ]
        )
        count = self.batches * self.batch_size
        if self.seed is None:
            chosen = every[np.arange(count) % len(every)]
        else:
            generator = np.random.Generator(np.random.PCG64([self.seed, epoch]))
            repeats = -(-count // len(every))
            drawn = np.concatenate([generator.permutation(len(every)) for _ in range(repeats)])
            chosen = every[drawn[:count]]
        steps = np.array([rounds[i]["steps"][j] for i, j in chosen])
        ranked = chosen[np.argsort(steps, kind="stable")].reshape(self.batches, -1, 2)
        places = range(self.batches) if self.seed is None else generator.permutation(self.batches)
        return [(epoch, ranked[place]) for place in places]

    def batch(self, indices):
        """`{"sensors": (B, T, S)}, labels (B, T) int32, weights (B, T) float32`."""
        epoch, chosen = indices
        rounds = self.runs_of(epoch)
        steps = np.array([rounds[i]["steps"][j] for i, j in chosen])
        length = next(length for length in LENGTHS if length >= steps.max())
        sensors = np.zeros((len(chosen), length, simulator.MEASURED), np.float32)
        advised = np.full((len(chosen), length, 2), car.STAND, np.int32)
        for row, (i, j) in enumerate(chosen):
            count = steps[row]
            sensors[row, :count] = rounds[i]["sensors"][j, :count]
            advised[row, :count] = rounds[i]["advised"][j, :count]
        weights = (np.arange(length) < steps[:, None]).astype(np.float32)
        weights *= 1 + (self.change_weight - 1) * around_changes(advised[..., 0])
        labels = advised[..., 0] * len(car.TURNS) + advised[..., 1]
        return {"sensors": sensors}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        rows = self.batch_size
        return (
            {"sensors": tf.TensorSpec((rows, None, simulator.MEASURED), tf.float32)},
            tf.TensorSpec((rows, None), tf.int32),
            tf.TensorSpec((rows, None), tf.float32),
        )


def around_changes(speeds):
    """True for steps near one at which the advised direction is another one, `(B, T)`."""
    sign = np.sign(car.SPEEDS[speeds]).astype(np.int8)
    # A direction stays that of the last motion while the car stands.
    place = np.where(sign != 0, np.arange(sign.shape[1]), 0)
    last = np.take_along_axis(sign, np.maximum.accumulate(place, 1), 1)
    changed = np.zeros(sign.shape, bool)
    changed[:, 1:] = last[:, 1:] * last[:, :-1] < 0
    near = changed.copy()
    for offset in range(1, AROUND + 1):
        near[:, offset:] |= changed[:, :-offset]
        near[:, :-offset] |= changed[:, offset:]
    return near


@dataclasses.dataclass(frozen=True)
class Data:
    """The scenes of a run and the expert that shows how to park in them."""

    config: object

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return FACTS

    @functools.cached_property
    def expert(self):
        """The expert, which plans when it is first asked for."""
        return planned(self.config.resolution)

    def held_out(self, part):
        """The scenes to validate or to test in, the same for all runs."""
        return scenes.drawn(part, 0, sizes(self.config)[part])

    def rounds(self, run):
        """The `Pool` of a training."""
        return Pool(run.directory / FOLDER, run.config, lambda: self.expert)

    @functools.cached_property
    def validation(self):
        """Batches of the expert's own runs in scenes to validate in."""
        config = self.config
        chosen = self.held_out("validation").take(slice(0, VALIDATED))
        runs = driving.drive(driving.Planned(self.expert), chosen, [self.config.seed], self.expert)
        one = {"sensors": runs.sensors, "advised": runs.advised, "steps": runs.steps}
        batches = -(-len(chosen) // config.batch_size)
        return Batches(config.batch_size, batches, lambda epoch: [one])


FACTS = {"num_sensors": simulator.MEASURED, "num_actions": driving.CHOICES}


def training(pool, config):
    """The batches of a training: of all rounds so far."""
    return Batches(
        config.batch_size,
        config.steps,
        lambda epoch: [pool.round(number) for number in range(epoch + 1)],
        config.seed,
        config.change_weight,
    )


def sizes(config):
    """Scenes of each part: all that a training may drive in, and those held out."""
    few = config.limit or max(config.validation_scenes, config.test_scenes)
    return {
        "train": config.scenes * (config.epochs + 1),
        "validation": min(few, config.validation_scenes),
        "test": min(few, config.test_scenes),
    }


def load(run):
    """The scenes of a run, of which a digest is taken.

    Raises:
        UserError: If the run cannot begin.
    """
    run.begin(digest(), sizes(run.config))
    return Data(run.config)


def digest():
    """SHA-256 of some test scenes, and of the sizes and limits of car, sensors and slots."""
    some = scenes.drawn("test", 0, 16)
    sizes = (
        car.WHEELBASE, car.REAR, car.FRONT, car.WIDTH, car.STEERING, car.STEERING_RATE,
        car.ACCELERATION, car.SECONDS, simulator.NOISE, simulator.RELATIVE_NOISE, simulator.MISSED,
        simulator.NOISE_OF_SPEED, simulator.NOISE_OF_ANGLE, simulator.BAY, simulator.ALIGNED,
    )  # fmt: skip
    found = hashlib.sha256(np.array(sizes).tobytes())
    for array in (some.boxes, some.slots, some.starts, simulator.SENSORS, car.SPEEDS, car.TURNS):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
