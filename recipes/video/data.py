"""Labelled clips as batches, for each job: read, split and prepared."""

import dataclasses
import hashlib
from typing import Any

import numpy as np

from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.common.terminal import tell
from recipes.video import features, sources
from recipes.video.batches import ClipBatches


@dataclasses.dataclass(frozen=True)
class Job:
    """The data of one job.

    job: `"clip"` or `"frames"`.
    config: The settings, with the job as `task`.
    labels: The labels, in order.
    parts: A dict of `features.Part` by name.
    encoder: The frozen network for images, or None.
    """

    job: str
    config: Any
    labels: list
    parts: dict
    encoder: Any = None

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        shape = self.parts["train"].arrays.shape[2:]
        return {"frame_shape": tuple(shape), "num_classes": len(self.labels)}

    @property
    def inputs(self):
        """Names of the model's inputs."""
        return inputs_of(self.config, self.config.from_features)

    @property
    def train(self):
        """The batches of the training."""
        config = self.config
        return ClipBatches(
            self.parts["train"], config.batch_size, self.inputs, config.seed, config.augment_share
        )

    @property
    def validation(self):
        """The batches of the validation."""
        return self.batches("validation")

    def batches(self, part):
        """The batches of a part in its order."""
        return ClipBatches(self.parts[part], self.config.batch_size, self.inputs)


@dataclasses.dataclass(frozen=True)
class Data:
    """The jobs of a run by name, the first one the run's own."""

    jobs: dict

    @property
    def first(self):
        """The job whose network is the run's own."""
        return next(iter(self.jobs.values()))


def inputs_of(config, from_features):
    """Names of the inputs of a job's model."""
    causal = config.task == "frames" and not config.bidirectional
    return ["features" if from_features else "frames", *([] if causal else ["lengths"])]


def for_job(config, job):
    """The settings for one of the jobs."""
    return dataclasses.replace(config, task=job)


def load(run):
    """Read, split and prepare the clips for each job; the labels stay in the run."""
    found, sha256, labels = read(run.config)
    _check_start(run, labels)
    counts = {name: len(part) for name, part in next(iter(found.values())).items()}
    encoder = features.encoder_of(run.config)
    run.begin(sha256, counts, labels=labels, rate=rate_of(found))
    config = run.config
    tell(f"Clips: {', '.join(f'{count:,} {name}' for name, count in counts.items())}.")
    preparation = features.preparation(config, encoder)
    return Data(
        {
            job: Job(
                job,
                for_job(config, job),
                labels[job],
                features.prepared(parts, labels[job], config, preparation),
                encoder,
            )
            for job, parts in found.items()
        }
    )


def read(config):
    """Parts, not yet prepared, and labels of each job.

    Returns:
        `parts, sha256, labels`: a dict of dicts by job, the SHA-256 of all parts, and a dict of
        lists by job.
    """
    parts, digests, labels = {}, "", {}
    for job in config.jobs:
        parts[job], sha256, labels[job] = sources.load(config, job)
        digests += sha256
    return parts, hashlib.sha256(digests.encode()).hexdigest(), labels


def rate_of(found):
    """The usual number of frames a second of training clips with frame labels; 0 without any.

    Args:
        found: The parts of each job.
    """
    times = found["frames"]["train"].times if "frames" in found else []
    steps = [row[1] - row[0] for row in times if len(row) > 1]
    return round(float(1 / np.median(steps)), 3) if steps else 0.0


def _check_start(run, labels):
    """Refuse a run to begin from that has other labels."""
    first = Run.first(run.config, run.recipe)
    if first and first.fact("labels") != labels:
        raise UserError(
            f"--init-from {first.directory} has the labels {first.fact('labels')}; --data "
            f"{run.config.data} has {labels}. Train without --init-from."
        )
