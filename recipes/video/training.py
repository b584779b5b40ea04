"""Train a network for the label of a clip, one for the label of each frame, or both."""

import os

import keras

from recipes.common import devices, models
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.history import Stages
from recipes.video import baselines, data, measure, report
from recipes.video.network import build_model

TOLD = {"clip": "the label of each clip", "frames": "the label of each frame"}


def fit(run, clips, job=None):
    """Build, compile and train the network of a job, of the first one if none is named.

    The epoch with the lowest cross-entropy is kept.

    Returns:
        `model, history`.
    """
    job = job or clips.first
    with devices.distribution().scope():
        model = _start(run, job)
        optimizer.compile_model(
            model,
            run.config,
            len(job.train),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            [
                keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
                keras.metrics.SparseCategoricalCrossentropy(name="crossentropy", from_logits=True),
            ],
        )
    return model, training.fit(run, model, job.train, job.validation)


def _start(run, job):
    """A new network, with the weights of the run to begin from if there is one."""
    model = build_model(job.config, job.facts)
    if not run.config.init_from:
        return model
    whole = run.start_weights(build_model(job.config, _whole_facts(job), whole=True))
    models.copy_weights(whole, model)
    return model


def _whole_facts(job):
    return {**job.facts, "frame_shape": (*job.config.size, 3)}


def from_pixels(job, model):
    """The same network from pixels on, of one that may begin with features."""
    if job.encoder is None:
        return model
    with devices.distribution().scope():
        whole = build_model(job.config, _whole_facts(job), whole=True)
    whole.get_layer("each_frame").network.set_weights(job.encoder.get_weights())
    models.copy_weights(model, whole)
    return whole


def _beside(run, job):
    """The run in which the network of a further job is trained."""
    first = run.config.init_from
    return run.beside(job.job, task=job.job, init_from=first and os.path.join(first, job.job))


def train(run):
    """Train the network of each job, measure it beside baselines of single frames, and report."""
    clips = data.load(run)
    results, figures = {}, {"test": {}, "baselines": {}, "jobs": {}}
    for job in clips.jobs.values():
        tell(f"Training on {TOLD[job.job]}: {', '.join(job.labels)}.")
        own = run if job is clips.first else _beside(run, job)
        model, history = fit(own, clips, job)
        whole = from_pixels(job, model)
        own.save(whole)
        predicted = measure.probabilities(model, job.batches("test"))
        figures["test"][job.job] = measure.measure(predicted, job.parts["test"])
        figures["baselines"][job.job] = baselines.of_job(model, job)
        stages = Stages.of(history)
        figures["jobs"][job.job] = {"parameters": whole.count_params(), **stages.metrics()}
        results[job.job] = report.Result(job, whole, stages, predicted)
    first = results[clips.first.job]
    metrics = run.measured(figures, first.model, first.stages)
    report.write(run, results, metrics)
    return metrics
