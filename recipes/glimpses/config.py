"""Settings of the glimpses recipe, and what a search tries."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common.config import Count, CountOrZero, Share
from recipes.common.pictures.settings import LabelledPictures

# Settings left open by task; the README has what they were chosen by.
ONE = {"cell": "irnn", "batch_size": 128}
# What a reward tells of a location grows with how far locations are drawn from their means.
CANVASES = {"glimpses": 8, "glimpse_size": 12, "scales": 3, "location_std": 0.15, **ONE}
TASKS = {
    "centred": {"glimpses": 7, "glimpse_size": 8, "scales": 1, "location_std": 0.05, **ONE},
    "translated": CANVASES,
    "cluttered": CANVASES,
    "pairs": {
        **{"glimpses": 3, "glimpse_size": 16, "scales": 3},
        **{"cell": "lstm", "batch_size": 64, "location_std": 0.1},
    },
}
# Epochs of fewer pictures than `MANY`, and of as many or more.
MANY = 20_000
EPOCHS = {
    "centred": (150, 200),
    "translated": (100, 120),
    "cluttered": (100, 120),
    "pairs": (100, 60),
}
CANVAS = {"centred": 0, "translated": 60, "cluttered": 60, "pairs": 100}


@dataclasses.dataclass(frozen=True)
class Config(LabelledPictures):
    """Settings of a glimpses run."""

    run: str = "runs/glimpses"
    """Directory for everything this run writes."""
    task: Literal["centred", "translated", "cluttered", "pairs"] = "centred"
    """The pictures as they are; each somewhere on a canvas, without or with clutter; or two."""
    shift: CountOrZero = 2
    """Pixels by which centred pictures of the training are moved at most, anew in each epoch."""
    canvas: CountOrZero = 0
    """Height and width of the canvas, pixels; 0 to follow the task: 60, or 100 for pairs."""
    distractors: CountOrZero = 4
    """Pieces of other pictures on a cluttered canvas."""
    distractor_size: Count = 8
    """Height and width of such a piece, pixels."""
    single_share: Share = 0.1
    """Share of the canvases of pairs that have one picture, after which the sequence ends."""
    glimpses: CountOrZero = 0
    """Glimpses of a picture, in pairs for each label; 0 to follow the task: 7, 8, 8 or 3."""
    glimpse_size: CountOrZero = 0
    """Height and width of a glimpse, pixels; 0 to follow the task: 8, 12, 12 or 16."""
    scales: CountOrZero = 0
    """Patches of a glimpse, each twice as wide; 0 to follow the task: 1, or 3."""
    glimpse_dim: int = 256
    """Width of a glimpse's vector."""
    units: int = 256
    """Width of the recurrent state."""
    filters: int = 16
    """Width of the convolutions over the glimpses of pairs."""
    cell: Literal["", "lstm", "gru", "rnn", "irnn"] = ""
    """Recurrent cell; if empty, irnn, or lstm for pairs."""
    locations: Literal["reinforced", "differentiable", "random"] = "reinforced"
    """How locations come about: learned from a reward, through the gradient, or not at all."""
    location_std: float = 0.0
    """Standard deviation of the locations in training, where half the width of a picture is 1; 0 to
    follow the task: 0.05, 0.15 on a canvas, or 0.1 for pairs."""
    dropout: Share = 0.2
    """Share of features dropped from each glimpse's vector and before the logits."""
    reward: Literal["gain", "right"] = "gain"
    """Reward of a location: what it adds to the probability of the label, or 1 if that is right."""
    samples: Count = 1
    """Paths drawn for each picture of a training step."""
    compare: bool = True
    """Train random glimpses and a network that sees the whole picture beside it."""
    batch_size: CountOrZero = 0
    """Pictures a step, over all GPUs together; 0 to follow the task: 128, or 64 for pairs."""
    epochs: CountOrZero = 0
    """Passes over the training data, at most; 0 to follow the task and the amount of data."""
    patience: int = 100
    """Epochs without a better validation result before training stops."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""
    clip_norm: float = 10.0
    """Largest norm of the gradient of a weight; 0 for any."""

    def sized(self, examples):
        """Glimpses, cell, canvas and the like, that follow the task, and the number of epochs."""
        epochs = EPOCHS[self.task][examples >= MANY]
        usual = {**TASKS[self.task], "canvas": CANVAS[self.task], "epochs": epochs}
        return {name: value for name, value in usual.items() if not getattr(self, name)}

    @property
    def objective(self):
        """The accuracy of the best epoch; of pairs the share with all labels right."""
        return "val_accuracy"


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Label files of pictures, or those named in the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = False

    invert: bool = False
    """Exchange dark and light first, for dark ink on paper after a training with white on black."""
    plot: str = ""
    """PNG file for a drawing of the glimpses of each picture."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial."""
    return {
        "batch_size": hp.Choice("batch_size", [64, 128, 256]),
        "cell": hp.Choice("cell", ["irnn", "lstm", "gru"]),
        "units": hp.Choice("units", [128, 256, 512]),
        "location_std": hp.Float("location_std", 0.03, 0.3, sampling="log"),
        "reward": hp.Choice("reward", ["gain", "right"]),
        "dropout": hp.Float("dropout", 0.0, 0.5, step=0.1),
        "samples": hp.Choice("samples", [1, 2, 4]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }
