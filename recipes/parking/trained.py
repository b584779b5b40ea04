"""The trained controller of a finished run."""

import dataclasses
from typing import Any

from recipes.common.run import Run, kept
from recipes.parking.data import FACTS
from recipes.parking.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    return Trained(run, run.restore(build_model(run.config, FACTS), for_export))
