"""Settings of the names recipe, and what a search tries."""

import dataclasses
from typing import Annotated, Literal

import tyro

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, Positive, PositiveShare, Range, Share
from recipes.common.writing import sizes

# By the least number of names to learn from; the README has what they were chosen by.
SIZES = (
    (15_000, {"units": 256, "batch_size": 64, "epochs": 24}),
    (2_000, {"units": 256, "batch_size": 64, "epochs": 16}),
    (200, {"units": 128, "batch_size": 32, "epochs": 30}),
    (0, {"units": 64, "batch_size": 8, "epochs": 60}),
)


@dataclasses.dataclass(frozen=True)
class Config(configs.LanguageModel):
    """Settings of a names run."""

    data: str = "given_names"
    """The embedded list, or a file with a name on each line."""
    run: str = "runs/names"
    """Directory for everything this run writes."""
    column: str = ""
    """Column of a table that holds the names, by its name or its number from 1."""
    validation_share: PositiveShare = 1 / 9
    """Share of the remaining distinct names split off for validation."""
    lowercase: bool = True
    """Make upper and lower case the same; names are written as the list has them."""
    max_length: Count = 40
    """Characters of a name at most; longer ones are left out."""
    embedding_dim: Count = 64
    """Width of a character's vector."""
    num_layers: Annotated[int, Range(1), tyro.conf.arg(aliases=["--layers"])] = 2
    """Recurrent layers, one on the other."""
    dropout: Share = 0.5
    """Share of features dropped from each layer's output."""
    embedding_dropout: Share = 0.1
    """Share of features dropped from the embeddings."""
    weight_decay: float = 0.1
    """Share of the weights that a step takes away, times the learning rate."""
    average: Share = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    learning_rate: Positive = 4e-3
    """Highest learning rate of the schedule."""
    samples: Count = 1_000
    """Names generated to measure novelty, validity and duplicates."""

    def sized(self, examples):
        """Network, batch and epochs by the number of training names, where they are left at 0."""
        return sizes.chosen(self, SIZES, examples)


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run, on its own test part or on another list."""

    column: str = ""
    """Column of the names in a table; that of the run by default."""
    encoding: str = ""
    """Encoding of the other list; that of the run by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Write new names, from the beginning or from given starts."""

    inputs: cli.Positional[tuple[str, ...]] = ()
    """Starts of names; `-` stands for the lines of standard input."""
    start: str = ""
    """Start of the names; without any they are new from their first letter."""
    count: Count = 10
    """Different names for each start."""
    known: bool = False
    """Write names of the training list too."""
    temperature: Positive = 0.8
    """Below 1 for likelier names, above 1 for rarer ones."""
    seed: Annotated[int, Range(0, 2**32)] = 0
    """The same seed writes the same names."""


@dataclasses.dataclass(frozen=True)
class Blend(cli.Verb):
    """Join two names into one: the beginning of either and the end of the other, ranked."""

    names: cli.Positional[tuple[str, ...]] = ()
    """The two names."""
    count: Count = 10
    """Blends to print."""
    measure: bool = False
    """Measure on the list of known blends instead."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial."""
    return {
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "embedding_dim": hp.Choice("embedding_dim", [32, 64, 128]),
        "units": hp.Choice("units", [128, 256, 384]),
        "num_layers": hp.Choice("num_layers", [1, 2, 3]),
        "dropout": hp.Float("dropout", 0.2, 0.6, step=0.1),
        "embedding_dropout": hp.Float("embedding_dropout", 0.0, 0.2, step=0.1),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }
