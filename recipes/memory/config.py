"""Settings of the memory recipe, and what a search tries."""

import dataclasses
from typing import Annotated, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, PositiveShare
from recipes.common.errors import UserError

TASKS = ("adding", "copying", "agreement")
# `relu` is the cell of `irnn` with the usual, orthogonal start instead of the identity.
CELLS = ("rnn", "relu", "irnn", "gru", "lstm")
SHORTEST, LONGEST = 5, 2_000  # distances; all three tasks have room from 5 on
SEEDS = 2**32  # which there are
# Learning rates of cells without gates, as shares of the one that is set; the README has what they
# were chosen by.
RATES = {"rnn": 0.3, "relu": 0.1, "irnn": 0.03}
QUICK = {"distances": "5,25,100", "seeds": 1, "cells": "rnn,irnn,gru,lstm"}


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a memory run."""

    data: str = ",".join(TASKS)
    """Tasks to learn, each by networks of its own: adding, copying, agreement."""
    run: str = "runs/memory"
    """Directory for everything this run writes."""
    quick: bool = False
    """Three distances, one seed, no relu, where --distances, --seeds, --cells are not named."""
    cells: str = ",".join(CELLS)
    """Cells to compare; relu is the irnn cell with the usual, orthogonal start."""
    distances: str = "5,10,25,50,100,200,400"
    """Steps between what decides an answer and the answer; networks of its own for each."""
    seeds: Count = 3
    """Networks for each task, cell and distance, with seeds from --seed on."""
    workers: Annotated[configs.CountOrZero, configs.NOT_COMPARED] = 0
    """Processes that train the networks to compare; 0 for one a core, or a single one on GPUs."""
    cell: Literal["rnn", "relu", "irnn", "gru", "lstm"] = "lstm"
    """Cell of the network that is trained first, searched for and exported."""
    distance: Count = 100
    """Distance of that network; its task is the last one of the data."""
    parameters: Count = 14_000
    """Parameters of each network, as nearly as a whole number of units allows."""
    embedding_dim: int = 24
    """Width of a token's vector."""
    gates: Literal["chrono", "usual"] = "chrono"
    """Initial gates of LSTM and GRU: to last for the distance, or those of Keras."""
    epochs: int = 16
    """Rounds of --steps steps with sequences never seen before, at most."""
    steps: int = 50
    """Training steps of a round, after which a network is validated."""
    solved: PositiveShare = 0.99
    """Validation accuracy at which a training ends."""
    give_up: configs.CountOrZero = 2
    """Distances at chance in a row after which a cell is trained in a task at --distance only; 0
    for never."""
    give_up_epochs: configs.CountOrZero = 7
    """Rounds after which a training ends if the network is still at chance; 0 for never."""
    patience: int = 6
    """Rounds without a better validation result before training stops."""
    batch_size: int = 32
    """Sequences a step, over all GPUs together."""
    learning_rate: configs.Positive = 1e-2
    """Highest learning rate of the schedule."""
    clip_norm: float = 1.0
    """Largest norm of the gradient over all weights together; 0 for any."""

    @property
    def tasks(self):
        """The names in `data`."""
        return _names(self.data)

    @property
    def task(self):
        """The task of the network that is trained first."""
        return self.tasks[-1]

    @property
    def compared_cells(self):
        """The names in `cells`."""
        return _names(self.cells)

    @property
    def trained_distances(self):
        """The numbers in `distances`, in order."""
        return distances_of(self.distances)

    @property
    def rate(self):
        """The learning rate of `cell`."""
        return self.learning_rate * RATES.get(self.cell, 1)

    def resolved(self):
        """With the fewer networks of a quick run, where settings do not say otherwise."""
        usual = type(self)()
        fewer = {
            name: value
            for name, value in QUICK.items()
            if self.quick and getattr(self, name) == getattr(usual, name)
        }
        return dataclasses.replace(self, **fewer)

    def check(self):
        """Refuse unknown tasks, cells and distances."""
        super().check()
        _check_names("--data", self.tasks, TASKS, "tasks made by code")
        _check_names("--cells", self.compared_cells, CELLS, "cells")
        distances_of(f"{self.distances},{self.distance}")
        if self.seed + self.seeds > SEEDS:
            raise UserError(
                f"--seed {self.seed} leaves no room for --seeds {self.seeds}: the last one must be "
                f"below {SEEDS}."
            )

    @property
    def objective(self):
        """The accuracy of the epoch with the best cross-entropy."""
        return "val_accuracy"


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure the network that was trained first, and those of all cells at other distances."""

    data: str = ""
    """Task to measure; that of the network that was trained first by default."""
    distances: str = ""
    """Distances to measure at, also such as were not trained, as in 150,300,600."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Answer sequences, given as arguments or lines of standard input, with each cell."""

    distance: configs.CountOrZero = 0
    """Distance that the asked networks were trained at; the nearest to that of each sequence by
    default."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write one of the trained networks in a form that needs neither this package nor Keras."""

    cell: Literal["", "rnn", "relu", "irnn", "gru", "lstm"] = ""
    """Cell of the network; that of the one that was trained first by default."""
    task: Literal["", "adding", "copying", "agreement"] = ""
    """Its task."""
    distance: configs.CountOrZero = 0
    """Distance that it was trained at."""


def search_space(hp):
    """Overrides of `Config` for a trial, which trains one network."""
    return {
        "learning_rate": hp.Float("learning_rate", 1e-3, 3e-2, sampling="log"),
        "batch_size": hp.Choice("batch_size", [16, 32, 64]),
        "embedding_dim": hp.Choice("embedding_dim", [16, 24, 48]),
        "parameters": hp.Choice("parameters", [8_000, 14_000, 28_000]),
        "clip_norm": hp.Choice("clip_norm", [0.3, 1.0, 3.0]),
        "gates": hp.Choice("gates", ["chrono", "usual"]),
    }


def distances_of(text):
    """The distances that a text such as `"5,10,25"` names, in order, each once.

    Raises:
        UserError: If one is no whole number, or out of bounds.
    """
    found = set()
    for name in _names(text):
        if not name.isdecimal() or not SHORTEST <= int(name) <= LONGEST:
            raise UserError(
                f"A distance is a whole number from {SHORTEST} to {LONGEST:,}, several with commas "
                f"between, as in 10,100; got {name!r}."
            )
        found.add(int(name))
    return sorted(found)


def _names(text):
    # Each once: two workers would train the networks of one named twice, in the same directory.
    return list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _check_names(option, names, known, what):
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UserError(
            f"{option} takes {what}, one or several of {', '.join(known)} with commas between; "
            f"got {(unknown or [''])[0]!r}."
        )
