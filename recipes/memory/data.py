"""Batches of the tasks: new sequences at each training step, the same ones to validate and test."""

import dataclasses
import hashlib

import numpy as np

from recipes.common.data.batching import Epochs
from recipes.memory import tasks
from recipes.memory.config import LONGEST
from recipes.memory.sizes import check

HELD_OUT = {"validation": 256, "test": 1024}  # sequences of a task and distance
ROWS = 256  # of a batch of these


class Sequences(Epochs):
    """Batches of one task at one distance.

    Args:
        task, distance: What the sequences are of.
        batch_size: Sequences of a batch.
        batches: Batches of an epoch.
        part: `"train"`, whose epochs have other sequences each, or `"validation"` or `"test"`.
        seed: Seed of the training.
    """

    def __init__(self, task, distance, batch_size, batches, part, seed=0):
        self.task, self.distance = task, distance
        self.batch_size, self.batches = batch_size, batches
        self.part, self.seed = part, seed

    def __len__(self):
        return self.batches

    def order(self, epoch=0):
        """The seeds of an epoch's batches."""
        return [np.array([self.seed, epoch, step]) for step in range(self.batches)]

    def batch(self, indices):
        """`{"tokens": (B, T) int32}, labels (B, T) int32, weights (B, T) float32`."""
        tokens, labels, weights = tasks.examples(
            self.task, self.distance, self.batch_size, indices.tolist(), self.part
        )
        return {"tokens": tokens}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        shape = (self.batch_size, None)
        return (
            {"tokens": tf.TensorSpec(shape, tf.int32)},
            tf.TensorSpec(shape, tf.int32),
            tf.TensorSpec(shape, tf.float32),
        )


@dataclasses.dataclass(frozen=True)
class Data:
    """The sequences of a run, by task and distance."""

    config: object

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return {"vocab_size": len(tasks.VOCABULARY)}

    def training(self, config):
        """The training batches of a network."""
        batches = sizes(config)["train"] // (config.epochs * config.batch_size)
        return Sequences(
            config.task, config.distance, config.batch_size, batches, "train", config.seed
        )

    def held_out(self, part, task, distance):
        """The batches of validation or test, the same for all networks of a task and distance."""
        count = sizes(self.config)[part]
        rows = min(ROWS, count)
        return Sequences(task, distance, rows, count // rows, part)


def sizes(config):
    """Sequences of each part for a network: all that its training may see, and those held out."""
    limit = config.limit or config.steps * config.batch_size
    steps = max(1, min(limit // config.batch_size, config.steps))
    held_out = {part: min(config.limit or count, count) for part, count in HELD_OUT.items()}
    # Whole batches.
    held_out = {part: count - count % min(ROWS, count) for part, count in held_out.items()}
    return {"train": steps * config.batch_size * config.epochs, **held_out}


def load(run):
    """The sequences of a run, of which a digest is taken.

    Raises:
        UserError: If the run cannot begin, or its networks would be too small.
    """
    config = run.config
    cells = {config.cell, *config.compared_cells}
    check(cells, config.parameters, len(tasks.VOCABULARY), config.embedding_dim)
    run.begin(digest(config), sizes(config))
    return Data(config)


def digest(config):
    """SHA-256 of a test batch of every task, at the shortest and the longest distance allowed."""
    found = hashlib.sha256()
    for task in config.tasks:
        for distance in (5, LONGEST):
            for array in tasks.examples(task, distance, 8, (0, 0, 0), "test"):
                found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
