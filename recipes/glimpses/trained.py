"""A trained network over glimpses with its labels."""

import dataclasses
from typing import Any

from recipes.common.run import Run, kept
from recipes.glimpses.data import facts_of
from recipes.glimpses.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    labels: list[str]
    image_shape: tuple
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    labels, shape = run.fact("labels"), tuple(run.fact("image_shape"))
    model = build_model(run.config, facts_of(labels, shape))
    return Trained(run, labels, shape, run.restore(model, for_export))
