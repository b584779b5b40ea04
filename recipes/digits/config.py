"""Settings of the digits recipe, and what a search tries."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common.config import CountOrZero, Share
from recipes.common.errors import UserError
from recipes.common.pictures.settings import LabelledPictures

NETWORKS = ("cnn", "mlp", "rnn", "linear")
MANY = 20_000  # training pictures, from which on the second number of epochs is enough
EPOCHS = {"cnn": (6, 20), "mlp": (10, 40), "rnn": (10, 25), "linear": (8, 10)}
HIDDEN = {"cnn": "128", "mlp": "512,512"}


@dataclasses.dataclass(frozen=True)
class Config(LabelledPictures):
    """Settings of a digits run."""

    run: str = "runs/digits"
    """Directory for everything this run writes."""
    network: Literal["cnn", "mlp", "rnn", "linear"] = "cnn"
    """Convolutions, dense layers, recurrent layers that read row by row, or no hidden layer."""
    compare: bool = True
    """Train the other networks beside it."""
    convolutions: str = "16,32,64"
    """Filters of each block of the cnn, with commas between."""
    hidden: str = ""
    """Width of each dense layer of cnn or mlp, with commas between; usual ones if empty."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell of the rnn."""
    units: int = 192
    """Width of its state."""
    num_layers: int = 1
    """Its recurrent layers, one on the other."""
    dropout: Share = 0.2
    """Share of features dropped before the logits, and between layers."""
    distort: bool = True
    """Turn, slant, stretch and move training pictures anew in each epoch."""
    batch_size: int = 128
    """Pictures a step, over all GPUs together."""
    epochs: CountOrZero = 0
    """Passes over the training data, at most; 0 to follow the network and the amount of data."""
    patience: int = 100
    """Epochs without a better validation result before training stops."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""

    def sized(self, examples):
        """Epochs and widths that follow the network and the number of training pictures."""
        chosen = {}
        if not self.epochs:
            chosen["epochs"] = epochs_of(self.network, examples)
        return chosen

    def check(self):
        """Refuse settings out of bounds, and widths that are none."""
        super().check()
        if not numbers("convolutions", self.convolutions):
            raise UserError("--convolutions names no block; the network without is --network mlp.")
        numbers("hidden", self.hidden)

    @property
    def objective(self):
        """The accuracy of the best epoch."""
        return "val_accuracy"


def epochs_of(network, examples):
    """The usual number of epochs of a network.

    Args:
        network: One of `NETWORKS`.
        examples: Training pictures.
    """
    return EPOCHS[network][examples >= MANY]


def numbers(name, text):
    """The whole numbers of a setting, as a tuple.

    Raises:
        UserError: Naming the option, if they are none.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise UserError(
            f"--{name} takes whole numbers from 1 on with commas between; got {text!r}."
        )
    return tuple(map(int, parts))


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Label files of pictures, or those named in the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = False

    invert: bool = False
    """Exchange dark and light first, for dark ink on paper after a training with white on black."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "batch_size": hp.Choice("batch_size", [64, 128, 256]),
        "distort": hp.Boolean("distort", default=True),
        "convolutions": hp.Choice("convolutions", ["16,32", "32,64", "32,64,128"]),
        "units": hp.Choice("units", [64, 128, 192, 256]),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }
