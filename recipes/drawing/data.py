"""Binarised pictures as batches."""

import dataclasses

import numpy as np

from recipes.common.pictures import labelled
from recipes.common.pictures.batches import PictureBatches
from recipes.drawing import binarisation


class Batches(PictureBatches):
    """Batches of pictures with their labels among the inputs too, where the model takes them.

    Args:
        part, batch_size, seed, augment: As of `PictureBatches`.
        classes: Whether the labels are an input.
    """

    def __init__(self, part, batch_size, seed=None, augment=None, classes=False):
        super().__init__(part, batch_size, seed, augment)
        self.classes = classes

    def batch(self, indices):
        """`{"image": (B, H, W, C)}`, with `label` `(B,)` if there are classes; labels, weights."""
        inputs, labels, weights = super().batch(indices)
        return {**inputs, "label": labels} if self.classes else inputs, labels, weights

    def signature(self):
        """The specs of a batch."""
        inputs, labels, weights = super().signature()
        return {**inputs, "label": labels} if self.classes else inputs, labels, weights


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as arrays and as batches, and the names of the labels."""

    parts: dict[str, labelled.Labelled]
    names: list[str]
    train: Batches
    validation: Batches
    test: Batches

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return facts_of(self.names, self.parts["train"].image_shape, self.train.classes)

    @property
    def mean(self):
        """The mean picture of the training part, `(H, W, C)` from 0 to 1."""
        return self.parts["train"].images.mean(0, dtype=np.float64) / binarisation.WHITE


def facts_of(names, shape, classes):
    """The arguments of a builder that the data decides."""
    return {"image_shape": tuple(shape), "num_classes": len(names) if classes else None}


def load(run):
    """Read, split and binarise the pictures; shape and names of labels stay in the run."""
    parts, sha256, names = labelled.load(run.config)
    sizes = {name: len(part) for name, part in parts.items()}
    shape = list(parts["train"].image_shape)
    run.begin(sha256, sizes, labels=names, image_shape=shape)
    config = run.config
    grey = parts["train"]
    parts = {name: binarisation.once(part, config.binarise, name) for name, part in parts.items()}
    dynamic = config.binarise == "dynamic"
    train = Batches(
        grey if dynamic else parts["train"],
        config.batch_size,
        config.seed,
        binarisation.drawn if dynamic else None,
        config.classes,
    )
    return Data(parts, names, train, *(batches(parts[name], config) for name in HELD_OUT))


HELD_OUT = ("validation", "test")


def batches(part, config):
    """Batches of a part in its order."""
    return Batches(part, config.batch_size, classes=config.classes)
