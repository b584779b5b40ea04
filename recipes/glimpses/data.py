"""Scenes made of labelled pictures: new ones in each epoch, the same ones to validate and test."""

import dataclasses

import numpy as np

from recipes.common.data.batching import fill
from recipes.common.pictures import labelled
from recipes.common.pictures.batches import PictureBatches
from recipes.glimpses.scenes import labels_of, scenes, shape_of, shifted

SEEDS = {"validation": 1, "test": 2}  # of scenes that stay the same, whatever the run's seed


class SceneBatches(PictureBatches):
    """Batches of scenes.

    Args:
        part: A `labelled.Labelled` of pictures, or of scenes where `config` is None.
        batch_size: Rows a batch.
        labels: Labels of a scene, 0 for a single one.
        seed: Seed of order and scenes, both others in each epoch; None keeps the order.
        config: A `Config`, by which scenes are made of the pictures; None if they are made.
        end: Number of the label that stands for the end.
    """

    def __init__(self, part, batch_size, labels, seed=None, config=None, end=0):
        super().__init__(part, batch_size, seed)
        self.labels, self.config, self.end = labels, config, end
        self.shape = shape_of(config, part.image_shape) if config else part.image_shape

    def batch(self, indices):
        """`{"image": (B, H, W, C)}, labels (B,) or (B, L) int32, weights (B,) float32`."""
        if self.config is None:
            return super().batch(indices)
        epoch, step, chosen = indices
        filled, weights = fill(chosen, self.batch_size)
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, step]))
        images, labels = scenes(self.config, self.part, filled, generator, self.end)
        if self.config.task == "centred" and self.config.shift:
            images = shifted(images, self.config.shift, generator)
        return {"image": images.astype(np.float32)}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        rows = self.batch_size
        return (
            {"image": tf.TensorSpec((rows, *self.shape), tf.float32)},
            tf.TensorSpec((rows, self.labels) if self.labels else (rows,), tf.int32),
            tf.TensorSpec((rows,), tf.float32),
        )


@dataclasses.dataclass(frozen=True)
class Data:
    """Scenes for the training, to validate and to test, and the names of the labels."""

    parts: dict[str, labelled.Labelled]
    names: list[str]
    train: SceneBatches
    validation: SceneBatches
    test: labelled.Labelled

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return facts_of(self.names, self.train.shape)


def facts_of(names, shape):
    """The arguments of a builder that the data decides."""
    return {"image_shape": tuple(shape), "num_classes": len(names)}


def load(run):
    """Read and split the pictures and make scenes of those to validate and test.

    The shape of the scenes and the names of the labels stay in the run.
    """
    parts, sha256, names = labelled.load(run.config)
    sized = dataclasses.replace(run.config, **run.config.sized(len(parts["train"])))
    shape = shape_of(sized, parts["train"].image_shape)
    sizes = {name: len(part) for name, part in parts.items()}
    picture = list(parts["train"].image_shape)
    run.begin(sha256, sizes, labels=names, image_shape=list(shape), picture_shape=picture)
    config, end = run.config, len(names)
    made = {part: made_once(config, parts[part], part, end) for part in SEEDS}
    labels = labels_of(config)
    return Data(
        parts,
        names,
        SceneBatches(parts["train"], config.batch_size, labels, config.seed, config, end),
        SceneBatches(made["validation"], config.batch_size, labels),
        made["test"],
    )


def made_once(config, part, name, end):
    """The scenes of a part, always the same ones.

    Args:
        config: A `Config` with the canvas decided.
        part: A `labelled.Labelled` of pictures.
        name: `"validation"` or `"test"`.
        end: Number of the label that stands for the end.
    """
    generator = np.random.Generator(np.random.PCG64([SEEDS[name]]))
    return labelled.Labelled(*scenes(config, part, np.arange(len(part)), generator, end))
