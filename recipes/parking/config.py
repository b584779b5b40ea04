"""Settings of the parking recipe, and what a search tries."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, CountOrZero, Positive, Share
from recipes.common.errors import UserError

DATA = ("parallel",)


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a parking run."""

    data: str = "parallel"
    """Slots to park in: parallel, along the kerb between parked cars."""
    run: str = "runs/parking"
    """Directory for everything this run writes."""
    scenes: Count = 256
    """Scenes of a round, after each of which the network drives and the expert corrects."""
    validation_scenes: Count = 256
    """Scenes that the network parks in after each round, to choose the best."""
    test_scenes: Count = 1_000
    """Scenes that are measured in at the end."""
    resolution: Positive = 1.0
    """Size of the cells that the expert plans on, as a multiple of the usual one."""
    embedding_dim: int = 64
    """Width of the vector made of a step's readings."""
    units: int = 128
    """Width of the recurrent state."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    memory: bool = True
    """Recurrent layers; without, a network of as many parameters sees the present step alone."""
    dropout: Share = 0.0
    """Share of features dropped before each recurrent layer and before the actions."""
    change_weight: Positive = 4.0
    """Weight of the steps around a direction change, of which there are few."""
    helped: Share = 0.5
    """Share of a round's runs in which the expert drives first, up to a step drawn by chance."""
    compare: bool = True
    """Train a network without memory beside it."""
    epochs: int = 48
    """Rounds: training steps, then runs of the network that are learned from in those after."""
    steps: Count = 80
    """Training steps of a round."""
    patience: int = 48
    """Rounds without more parked cars before training stops."""
    batch_size: int = 64
    """Runs a training step."""
    learning_rate: Positive = 3e-3
    """Highest learning rate of the schedule."""
    average: Share = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    clip_norm: float = 1.0
    """Largest norm of the gradient of a weight; 0 for any."""

    def check(self):
        """Refuse unknown slots, and cells too coarse to plan on."""
        super().check()
        if self.data not in DATA:
            raise UserError(
                f"--data takes slots made by code: {', '.join(DATA)}; got {self.data!r}."
            )
        if self.resolution > 4:
            raise UserError(
                f"--resolution must be at most 4, or no slot has room; got {self.resolution}."
            )

    @property
    def objective(self):
        """The share of the validation scenes in which the network parks, of the best round."""
        return "val_success"


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run in closed loop, on its own test scenes or on others."""

    data: str = ""
    """Slots to park in; those of the run by default."""
    scenes: CountOrZero = 0
    """Number of scenes; that of the run by default."""
    seed: CountOrZero = 0
    """Seed of the scenes and the noise; 0 for those of the run's own test."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Park in drawn scenes, given by their numbers, or in described ones.

    A description gives what is not to be drawn, as in "slot=5.6 aside=0.9 gaps=4.5,0.8".
    """

    ARE_TEXTS: ClassVar = False

    inputs: cli.Positional[tuple[str, ...]] = ("1",)
    """Numbers of drawn scenes or descriptions; `-` stands for the lines of standard input."""
    plot: str = ""
    """PNG file for the way of the first."""
    gif: str = ""
    """GIF file in which it drives."""
    page: str = ""
    """HTML page that plays it, all in one file."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a step of a trained network, with its states, in a form that needs no Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial."""
    return {
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [64, 128, 192]),
        "embedding_dim": hp.Choice("embedding_dim", [32, 64, 128]),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "change_weight": hp.Choice("change_weight", [1.0, 4.0, 10.0]),
        "dropout": hp.Choice("dropout", [0.0, 0.1, 0.2]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }
