"""A trained network with its characters."""

import dataclasses
from typing import Any

from recipes.common.run import Run, kept
from recipes.names.characters import Characters
from recipes.names.network import Network
from recipes.names.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    model: Any
    network: Network


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    characters = Characters.read(run.directory)
    model = run.restore(build_model(run.config, {"vocab_size": len(characters)}), for_export)
    return Trained(run, model, Network(model, characters, run.fact("longest")))
