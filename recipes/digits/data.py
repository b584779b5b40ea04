"""Labelled pictures as batches."""

import dataclasses

from recipes.common.errors import UserError
from recipes.common.pictures import labelled
from recipes.common.pictures.batches import PictureBatches
from recipes.digits.config import numbers
from recipes.digits.distortion import distort


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as arrays and as batches, and the names of the labels."""

    parts: dict[str, labelled.Labelled]
    names: list[str]
    train: PictureBatches
    validation: PictureBatches

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return facts_of(self.names, self.parts["train"].image_shape)


def facts_of(names, shape):
    """The arguments of a builder that the data decides."""
    return {"image_shape": tuple(shape), "num_classes": len(names)}


def load(run):
    """Read and split the pictures; their shape and the names of the labels stay in the run."""
    parts, sha256, names = labelled.load(run.config)
    sizes = {name: len(part) for name, part in parts.items()}
    shape = list(parts["train"].image_shape)
    _check_blocks(run.config, shape)
    run.begin(sha256, sizes, labels=names, image_shape=shape)
    config = run.config
    return Data(
        parts,
        names,
        PictureBatches(
            parts["train"], config.batch_size, config.seed, distort if config.distort else None
        ),
        PictureBatches(parts["validation"], config.batch_size),
    )


def _check_blocks(config, shape):
    """Refuse a cnn whose blocks leave nothing of a picture, before anything is trained."""
    blocks = numbers("convolutions", config.convolutions)
    if (config.network == "cnn" or config.compare) and min(shape[:2]) >> len(blocks) < 1:
        raise UserError(
            f"--convolutions {config.convolutions} halves {shape[0]} x {shape[1]} pixels to "
            "nothing; name fewer, or train another --network with --no-compare."
        )
