"""A trained translator with its tokenizers."""

import dataclasses
from typing import Any

from recipes.common import models
from recipes.common import run as common_run
from recipes.translation.config import TextConfig
from recipes.translation.data import Tokenizers, load_tokenizers


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows."""

    common_config: TextConfig
    tokenizers: Tokenizers
    model: Any
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config, facts)`.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = common_run.reopen(run, recipe, config_class)
    tokenizers = load_tokenizers(directory, config)
    facts = tokenizers.facts
    model = models.restore_model(directory, config, lambda: build_model(config, facts), for_export)
    return Trained(config, tokenizers, model, kept["sha256"])
