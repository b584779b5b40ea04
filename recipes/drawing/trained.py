"""A trained painter with its labels."""

import dataclasses
from typing import Any

from recipes.common.errors import UserError
from recipes.common.run import Run, kept
from recipes.drawing.data import facts_of
from recipes.drawing.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    labels: list[str]
    image_shape: tuple
    model: Any

    @property
    def strokes(self):
        """The layer that paints."""
        return self.model.get_layer("strokes")

    def number_of(self, label):
        """The number of a label that was asked for by name.

        Raises:
            UserError: If the run has no classes or not this one.
        """
        if not self.run.config.classes:
            raise UserError(
                f"The run in {self.run.directory} was trained without --classes; it cannot be "
                f"asked for --label {label}."
            )
        if label not in self.labels:
            known = ", ".join(self.labels[:20])
            raise UserError(f"--label {label} is none of the run's labels: {known}.")
        return self.labels.index(label)


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    labels, shape = run.fact("labels"), tuple(run.fact("image_shape"))
    model = build_model(run.config, facts_of(labels, shape, run.config.classes))
    return Trained(run, labels, shape, run.restore(model, for_export))
