"""A trained detector with its thresholds."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import models, storage
from recipes.common import run as common_run
from recipes.common.errors import UserError
from recipes.wakeword.config import DetectorConfig


def with_threshold(trained, threshold):
    """The same detector with a threshold of the user's, which stands for all rates.

    Raises:
        UserError: If it is no number.
    """
    if threshold is None:
        return trained
    if not np.isfinite(threshold):
        raise UserError(f"--threshold must be a finite number; got {threshold}.")
    return dataclasses.replace(trained, threshold=threshold, thresholds={})


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows.

    thresholds: Those chosen for other rates, by the rate as text, such as `"0.5"`.
    """

    common_config: DetectorConfig
    model: Any
    threshold: float
    thresholds: dict
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config)`.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = common_run.reopen(run, recipe, config_class)
    model = models.restore_model(directory, config, lambda: build_model(config), for_export)
    chosen = storage.read_json(directory / "threshold.json", ("threshold",))
    by_rate = chosen.get("by_alarms_per_hour", {})
    return Trained(config, model, chosen["threshold"], by_rate, kept["sha256"])
