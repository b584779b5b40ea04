"""Rounds of DAgger: the network drives, the expert says what it would do, both are learned from.

Reference: Ross, Gordon & Bagnell (2011), "A reduction of imitation learning and structured
prediction to no-regret online learning", https://arxiv.org/abs/1011.0686, algorithm 3.1; Laskey et
al. (2017), "DART: noise injection for robust imitation learning",
https://arxiv.org/abs/1703.09327, for the expert's own runs of the first round.
"""

import keras
import numpy as np

from recipes.common import storage
from recipes.common.training.averaging import averaged_weights
from recipes.parking import driving, measure, scenes
from recipes.parking.car import SPEEDS, TURNS

BURSTS, LONGEST = 0.03, 5  # share of steps at which the expert is pushed off its way; steps of it
LATEST = 140  # step up to which the expert may drive first
LEARNT = 10  # rounds after which the expert helps no more than the settings say
FOLDER = "rounds"  # of a run


class Pool:
    """The runs of all rounds so far, kept in a folder, a file a round.

    Args:
        folder: Where they are.
        config: Settings; `scenes` and `seed` count.
        expert: Function without arguments that gives the `Expert`.
    """

    def __init__(self, folder, config, expert):
        self.folder, self.config, self.expert = folder, config, expert
        self.rounds = {}

    def round(self, number):
        """Sensors, labels and lengths of a round.

        Raises:
            RuntimeError: If the network has not yet driven in it.
        """
        if number not in self.rounds:
            path = self._path(number)
            if not path.exists() and number == 0:
                self.add(0, self._of_expert())
            if not path.exists():
                raise RuntimeError(f"Round {number} was asked for before it was driven.")
            with np.load(path, allow_pickle=False) as arrays:
                self.rounds[number] = dict(arrays)
        return self.rounds[number]

    def add(self, number, runs):
        """Keep the runs of a round."""
        longest = int(runs.steps.max())
        path = self._path(number)
        storage.make(self.folder)
        arrays = {
            "sensors": runs.sensors[:, :longest].astype(np.float16),
            "advised": runs.advised[:, :longest],
            "steps": runs.steps,
        }
        with storage.replacing(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)
        self.rounds[number] = arrays

    def _path(self, number):
        return self.folder / f"round-{number:04d}.npz"

    def scenes(self, number):
        """The scenes of a round, which no other one has."""
        config = self.config
        return scenes.drawn("train", config.seed, config.scenes, number * config.scenes)

    def _of_expert(self):
        """Runs of the expert, which is pushed off its way now and then and must come back."""
        expert, seed = self.expert(), [self.config.seed, 0]
        generator = np.random.Generator(np.random.PCG64([*seed, 1]))
        count = self.config.scenes
        left, pushed = np.zeros(count, int), np.zeros((2, count), int)

        def meddle(step, asked, advised):
            begins = (left == 0) & (generator.random(count) < BURSTS)
            left[begins] = generator.integers(2, LONGEST + 1, begins.sum())
            pushed[0, begins] = generator.integers(0, len(SPEEDS) - 1, begins.sum())
            pushed[1, begins] = generator.integers(0, len(TURNS), begins.sum())
            push = left > 0
            left[push] -= 1
            return [np.where(push, other, own) for other, own in zip(pushed, asked, strict=True)]

        return driving.drive(driving.Planned(expert), self.scenes(0), seed, expert, meddle)


class Drive(keras.callbacks.Callback):
    """Lets the network drive after each epoch: to validate it, and for the next round.

    Args:
        pool: The `Pool`.
        network: The model of which the trained one is made.
        validation: The `Scenes` to validate in.
    """

    def __init__(self, pool, network, validation):
        super().__init__()
        self._pool, self._validation = pool, validation
        self._driver = driving.Network(network)

    def on_epoch_end(self, epoch, logs=None):
        config, number = self._pool.config, epoch + 1
        own = self._pool.scenes(number)
        held_out = len(self._validation)
        both = scenes.joined([self._validation, own])
        seed = [config.seed, number]
        generator = np.random.Generator(np.random.PCG64([*seed, 1]))
        # At first the network would hardly ever come as far as the slot.
        helped = generator.random(len(own)) < max(config.helped, 1 - number / LEARNT)
        begins = np.where(helped, generator.integers(0, LATEST, len(own)), 0)
        begins = np.concatenate([np.zeros(held_out, int), begins])

        def meddle(step, asked, advised):
            return [
                np.where(step < begins, other, mine)
                for other, mine in zip(advised, asked, strict=True)
            ]

        with averaged_weights(self.model):
            runs = driving.drive(self._driver, both, seed, self._pool.expert(), meddle)
        logs["val_success"] = measure.success(runs.outcome[:held_out])
        self._pool.add(number, measure.of(runs, slice(held_out, None)))
