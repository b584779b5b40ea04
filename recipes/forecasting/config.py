"""Settings of the forecasting recipe, and what a search tries."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common.config import CountOrZero, Paths, PositiveShare, Scheduled, Share
from recipes.common.errors import UserError
from recipes.forecasting import durations

EMBEDDED, TARGET = "simulated_climate", "temperature (degC)"
CALENDAR = ("day", "week", "year")


@dataclasses.dataclass(frozen=True)
class Config(Scheduled):
    """Settings of a forecasting run."""

    data: Paths = EMBEDDED
    """The embedded climate, or a CSV file with a column of times, .gz or not."""
    validation: Paths = ""
    """File to choose the best epoch on; without it the share of the time before the test."""
    test: Paths = ""
    """File to measure on at the end; without it the last share of the time."""
    holdout: Literal["last"] = "last"
    """Parts are divided by time: the last of it is the test, what is before it validation."""
    test_share: PositiveShare = 0.15
    """Share of the whole time that is the test."""
    validation_share: PositiveShare = 0.15
    """Share of the whole time that is the validation."""
    run: str = "runs/forecasting"
    """Directory for everything this run writes."""
    target: str = ""
    """Column to forecast, several with commas between."""
    features: str = ""
    """Columns to forecast from, with commas between; all that are numbers if empty."""
    angles: str = ""
    """Columns of directions in degrees, with commas between, which are read as vectors."""
    time_column: str = ""
    """Column of the times; the first one that holds times if empty."""
    time_format: str = ""
    """Form of the times as strptime has it, such as %d/%m/%Y %H:%M; found out if empty."""
    missing: str = ""
    """Numbers that stand for missing values, with commas between, beside -9999 and its like."""
    horizon: str = "24h"
    """Time to forecast, such as 24h or 7d."""
    step: str = ""
    """Time between two forecasts, over which rows are averaged; the horizon's 24th if empty."""
    window: str = ""
    """Time that is read before each forecast, a season at least; three if empty."""
    season: str = ""
    """Time after which a naive forecast repeats the values; a day, of longer steps a week."""
    calendar: str = "day,year"
    """Cycles that the network is told the phase of: day, week, year, with commas between."""
    quantiles: str = "0.1,0.5,0.9"
    """Quantiles to forecast, with commas between: the outer ones are the interval."""
    calibrate: bool = True
    """Widen or narrow the intervals by what covers the validation part."""
    head: Literal["direct", "autoregressive"] = "direct"
    """All steps at once, or each from the forecast of the one before."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "gru"
    """Recurrent cell."""
    units: int = 32
    """Width of the state."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    hidden: int = 64
    """Width of the small network that turns a state into quantiles."""
    linear_steps: CountOrZero = 24
    """Last steps of the window that are also read linearly; 0 for none."""
    residual: bool = True
    """Forecast the change from the last value, not the value."""
    own_scale: Share = 0.5
    """Share of the networks that read each window in units of its own mean and deviation."""
    noise: Share = 0.1
    """Deviation of noise on the scaled numbers that the recurrent layers read, in training."""
    dropout: Share = 0.2
    """Share of features dropped between layers, from the last state and from the last steps."""
    members: int = 6
    """Networks, started differently, whose forecasts are averaged."""
    backtest: CountOrZero = 0
    """Earlier origins at each of which to train anew and measure what followed."""
    batch_size: int = 128
    """Windows a step, over all GPUs together."""
    epochs: int = 9
    """Passes over the training data, at most."""
    patience: int = 6
    """Epochs without a better validation result before training stops."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""
    average: Share = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""

    @classmethod
    def embedded(cls):
        """The settings that fit the embedded climate."""
        return cls(target=TARGET)

    def check(self):
        """Refuse lengths of time, quantiles and cycles that are none, and too large shares."""
        super().check()
        for name in ("horizon", "step", "window", "season"):
            if name == "horizon" or getattr(self, name):
                durations.parse(name, getattr(self, name))
        _ = self.levels, self.cycles
        if self.test_share + self.validation_share >= 0.9:
            raise UserError(
                f"--test-share {self.test_share} and --validation-share {self.validation_share} "
                "leave too little to train on; name smaller ones."
            )

    @property
    def levels(self):
        """The quantiles as numbers.

        Raises:
            UserError: If they are none, or without the median.
        """
        try:
            found = tuple(float(part) for part in self.quantiles.split(","))
        except ValueError:
            found = ()
        if (
            sorted(set(found)) != list(found)
            or 0.5 not in found
            or not 0 < found[0] <= found[-1] < 1
        ):
            raise UserError(
                "--quantiles takes rising numbers between 0 and 1 with commas between, 0.5 among "
                f"them, such as 0.1,0.5,0.9; got {self.quantiles!r}."
            )
        return found

    @property
    def cycles(self):
        """The names in `calendar`.

        Raises:
            UserError: If one is unknown.
        """
        found = [name.strip() for name in self.calendar.split(",") if name.strip()]
        if unknown := [name for name in found if name not in CALENDAR]:
            raise UserError(
                f"--calendar takes {', '.join(CALENDAR)} with commas between; got {unknown[0]!r}."
            )
        return found

    @property
    def objective(self):
        """The share of persistence's error that the best epoch does without."""
        return "val_skill"


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Forecast what follows the last row of each CSV file."""

    ARE_TEXTS: ClassVar = False

    plot: str = ""
    """PNG file for a picture of the forecast."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial."""
    return {
        "batch_size": hp.Choice("batch_size", [64, 128, 256]),
        "cell": hp.Choice("cell", ["gru", "lstm"]),
        "head": hp.Choice("head", ["direct", "autoregressive"]),
        "units": hp.Choice("units", [16, 32, 48, 64, 96]),
        "num_layers": hp.Choice("num_layers", [1, 2]),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }
