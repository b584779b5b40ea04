"""A trained network that writes music."""

import dataclasses
from typing import Any

from recipes.common.run import Run, kept
from recipes.music.data import facts_of
from recipes.music.training import build_model


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
    return Trained(run, run.restore(build_model(run.config, facts_of(run.config)), for_export))
