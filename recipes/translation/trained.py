"""A trained translator with its tokenizers."""

import dataclasses
from typing import Any

from recipes.common.run import Run, kept
from recipes.translation import data
from recipes.translation.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    tokenizers: data.Tokenizers
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    tokenizers = data.load_tokenizers(run)
    model = build_model(run.config, tokenizers.facts)
    return Trained(run, tokenizers, run.restore(model, for_export))
