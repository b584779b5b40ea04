"""Settings of the drawing recipe, and what a search tries."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common.config import Count, CountOrZero, Positive
from recipes.common.errors import UserError
from recipes.common.pictures.settings import LabelledPictures


@dataclasses.dataclass(frozen=True)
class Config(LabelledPictures):
    """Settings of a drawing run."""

    run: str = "runs/drawing"
    """Directory for everything this run writes."""
    binarise: Literal["fixed", "dynamic", "threshold"] = "fixed"
    """Make pixels black or white: drawn once by their grey, anew in each epoch, or at half."""
    classes: bool = False
    """Tell encoder and decoder the label, so that pictures of a label can be asked for."""
    attention: bool = True
    """Read and write through a window that the network moves, or the whole picture."""
    read_size: Count = 5
    """Filters along each side of the grid that reads."""
    write_size: Count = 5
    """Filters along each side of the grid that writes."""
    steps: Count = 24
    """Strokes of a picture."""
    units: Count = 256
    """Width of the states of encoder and decoder."""
    latent_dim: Count = 100
    """Width of the latent vector of a stroke."""
    compare: bool = True
    """Train a variational autoencoder of equal size without strokes beside it."""
    samples: Count = 100
    """Samples of the importance-weighted likelihood."""
    weighted: CountOrZero = 500
    """Test pictures whose importance-weighted likelihood is measured; 0 for all."""
    clip_norm: float = 5.0
    """Largest norm of the gradient of a weight; 0 for any."""
    batch_size: int = 128
    """Pictures a step, over all GPUs together."""
    epochs: int = 60
    """Passes over the training data, at most."""
    patience: int = 100
    """Epochs without a better validation result before training stops."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""

    def check(self):
        """Refuse settings out of bounds, and precisions that lose the canvas."""
        super().check()
        if self.precision == "mixed_float16":
            raise UserError("--precision mixed_float16 has too few digits; use mixed_bfloat16.")

    @property
    def objective(self):
        """The evidence lower bound of the log-likelihood of a picture, in nats."""
        return "val_elbo"

    @classmethod
    def embedded(cls):
        """Settings for the embedded digits, of which there are few."""
        return cls(steps=10, epochs=20, weighted=200, learning_rate=3e-3)


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Paint the pictures of files, or of those named in the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = False

    label: str = ""
    """Label of all of them, for a run with --classes."""
    invert: bool = False
    """Exchange dark and light first, for dark ink on paper after a training with white on black."""
    plot: str = ""
    """PNG file for the pictures beside what is painted."""


@dataclasses.dataclass(frozen=True)
class Paint(cli.Verb):
    """Paint new pictures into a folder, with the canvas stroke by stroke as GIF."""

    folder: str = ""
    """Folder to write to; `painted` in the run by default."""
    count: Count = 16
    """Number of pictures."""
    label: str = ""
    """Label to paint, for a run with --classes; all in turn by default."""
    seed: CountOrZero = 0
    """Seed of the latent vectors."""
    temperature: Positive = 1.0
    """Factor of their deviation: lower ones give plainer pictures."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel"] = "savedmodel"
    """SavedModel with two functions: one paints pictures again, one paints new ones."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "batch_size": hp.Choice("batch_size", [64, 128, 256]),
        "steps": hp.Choice("steps", [10, 16, 24, 32]),
        "read_size": hp.Choice("read_size", [2, 5, 8]),
        "write_size": hp.Choice("write_size", [5, 8]),
        "units": hp.Choice("units", [128, 256, 400]),
        "latent_dim": hp.Choice("latent_dim", [10, 50, 100]),
        "clip_norm": hp.Choice("clip_norm", [1.0, 5.0, 20.0]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 4e-3, sampling="log"),
    }
