"""The trained networks of a finished run."""

import dataclasses
from typing import Any

from recipes.common import models
from recipes.common.errors import UserError
from recipes.common.run import Run, kept
from recipes.memory import sweep, tasks
from recipes.memory.networks import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with the network that was trained first."""

    run: Run
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run that was trained first.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    model = build_model(run.config, {"vocab_size": len(tasks.VOCABULARY)})
    return Trained(run, run.restore(model, for_export))


def network(run, task, cell, distance, seed):
    """One of the networks of a run, or None if it was not trained.

    Raises:
        UserError: If its file is damaged.
    """
    config = run.config
    path = run.directory / sweep.place(config, task, cell, distance, seed) / "model.keras"
    if not path.exists():
        return None
    own = dataclasses.replace(config, **sweep.settings(task, cell, distance, seed))
    model = build_model(own, {"vocab_size": len(tasks.VOCABULARY)})
    models.load_weights(model, path)
    return model


def demanded(run, task, cell, distance):
    """One of the networks of a run, with its first seed.

    Raises:
        UserError: If it was not trained, naming those that were.
    """
    model = network(run, task, cell, distance, run.config.seed)
    if model is None:
        known = ", ".join(map(str, distances(run, task, cell)))
        raise UserError(
            f"The run in {run.directory} has no {cell} network for {task} at distance {distance}; "
            f"{f'there are those at {known}' if known else 'there is none at any distance'}."
        )
    return model


def distances(run, task, cell):
    """The distances at which a run has a network of a cell for a task, with its first seed."""
    config = run.config
    return [
        distance
        for distance in sorted({*config.trained_distances, config.distance})
        if (
            run.directory / sweep.place(config, task, cell, distance, config.seed) / "model.keras"
        ).exists()
    ]
