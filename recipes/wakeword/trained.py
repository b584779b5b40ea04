"""A trained detector with its thresholds."""

import dataclasses
from typing import Any

from recipes.common import storage
from recipes.common.run import Run, kept
from recipes.wakeword import probabilities
from recipes.wakeword.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network and its thresholds.

    Attributes:
        thresholds: Those chosen for other rates, by the rate as text, such as `"0.5"`.
    """

    run: Run
    model: Any
    threshold: float
    thresholds: dict[str, float]

    @property
    def config(self):
        """Settings of the run."""
        return self.run.config

    def with_threshold(self, threshold, probability=None):
        """The same detector with a threshold of the user's, which stands for all rates.

        Args:
            threshold: A logit, or None.
            probability: The same as a probability, or None.

        Raises:
            UserError: If it is no such number, or both are given.
        """
        chosen = probabilities.threshold(threshold, probability)
        if chosen is None:
            return self
        return dataclasses.replace(self, threshold=chosen, thresholds={})


@kept
def restore(run, for_export=False):
    """The detector of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    model = run.restore(build_model(run.config), for_export)
    chosen = storage.read_json(run.directory / "threshold.json", ("threshold",))
    return Trained(run, model, chosen["threshold"], chosen.get("by_alarms_per_hour", {}))
