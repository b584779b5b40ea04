"""A trained forecaster with its grid, scaling and calibration."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common.run import Run, kept
from recipes.forecasting import calibration, measure
from recipes.forecasting.networks import averaged, build_model
from recipes.forecasting.series import Grid
from recipes.forecasting.windows import Scaling, facts_of


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    model: Any
    grid: Grid
    scaling: Scaling
    columns: dict
    factors: np.ndarray

    @property
    def levels(self):
        """The quantiles that are forecast."""
        return self.run.config.levels

    def forecasts(self, part):
        """`(N, H, targets, Q)` calibrated quantiles of a `data.Part`, scaled."""
        found = measure.forecasts(self.model, part)
        return calibration.apply(found, self.factors, self.levels)


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    grid, scaling = Grid(**run.fact("grid")), Scaling.of_json(run.fact("scaling"))
    model = run.restore(build_model(run.config, facts_of(grid, scaling)), for_export)
    factors = calibration.load(run.directory)
    return Trained(run, averaged(model), grid, scaling, run.fact("columns"), factors)
