"""The trained networks of a finished run."""

import dataclasses
from typing import Any

from recipes.common import models
from recipes.common.run import Run, kept
from recipes.video.data import for_job, inputs_of
from recipes.video.network import build_model


@dataclasses.dataclass(frozen=True)
class TrainedJob:
    """The network of a job, from pixels on.

    config: The settings, with the job as `task`.
    labels: The labels, in order.
    """

    config: Any
    labels: list[str]
    model: Any

    @property
    def inputs(self):
        """Names of the model's inputs."""
        return inputs_of(self.config, from_features=False)

    @property
    def is_live(self):
        """True if it labels frames as they come in."""
        return self.config.task == "frames" and not self.config.bidirectional


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its networks by job."""

    run: Run
    jobs: dict

    @property
    def model(self):
        """The network of the first job, the run's own."""
        return next(iter(self.jobs.values())).model


@kept
def restore(run, for_export=False):
    """The networks of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    jobs, labels = {}, run.fact("labels")
    for job in run.config.jobs:
        config = for_job(run.config, job)
        if job == "frames":  # other videos are read at the rate of those of the training
            config = dataclasses.replace(config, fps=config.fps or run.fact("rate"))
        facts = {"frame_shape": (*config.size, 3), "num_classes": len(labels[job])}
        model = build_model(config, facts, whole=True)
        if jobs:
            models.load_weights(model, run.directory / job / "model.keras")
            if for_export:
                models.give_up_cudnn(model)
        else:
            run.restore(model, for_export)
        jobs[job] = TrainedJob(config, labels[job], model)
    return Trained(run, jobs)
