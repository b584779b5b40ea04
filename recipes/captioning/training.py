"""Train a captioner, stage by stage."""

import dataclasses
import functools
from typing import Any

from recipes.captioning import data, measure, report, self_critical, several_captions
from recipes.captioning.network import build_model
from recipes.common import devices, models
from recipes.common.pictures import encoders
from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.common.writing import teacher_forcing


def fit(run, pictures, model=None):
    """Train a network, a new one or one that was trained before.

    The epoch is kept whose greedy captions of validation pictures score highest.

    Returns:
        `model, history`.
    """
    with devices.distribution().scope():
        model = model or _start(run, pictures)
        trainer = several_captions.trainer(model)
        teacher_forcing.compile_model(trainer, run.config, len(pictures.train))
    score = functools.partial(measure.on_validation, model, pictures, run.config)
    history = teacher_forcing.fit(run, trainer, pictures.train, pictures.validation, score)
    return model, history


def _start(run, pictures):
    """A new network, with the weights of the run to begin from if there is one."""
    config = run.config
    if not config.init_from:
        return build_model(config, pictures.facts)
    whole = run.start_weights(build_model(config, _whole_facts(config, pictures), whole=True))
    if config.end_to_end:
        return whole
    model = build_model(config, pictures.facts)
    models.copy_weights(whole, model)
    return model


def _whole_facts(config, pictures):
    return {**pictures.facts, "image_shape": (*config.size, 3)}


@dataclasses.dataclass(frozen=True)
class Progress:
    """A captioner between two stages of its training.

    model: The network that reads what the arrays of `data` hold, pixels or features.
    whole: The same network from pixels on.
    data: The `Data`.
    stages: The `Stages` so far.
    """

    model: Any
    whole: Any
    data: data.Data
    stages: Stages


def train(run):
    """Train in up to three stages, measure beside the baselines, and report."""
    pictures = data.load(run)
    config = run.config
    model, history = fit(run, pictures)
    whole = _from_pixels(run, pictures, model)
    progress = Progress(model, whole, pictures, Stages.of(history))
    if config.fine_tune_epochs and not config.end_to_end:
        progress = _fine_tune(run, progress)
    if config.self_critical_epochs:
        progress = _train_self_critically(run, progress)
    run.save(progress.whole)

    tell("Measuring.")
    results = measure.measure(config, progress.model, progress.data)
    metrics = run.measured(results.metrics, progress.whole, progress.stages)
    report.write(run, progress.data, progress.stages, results, metrics)
    return metrics


def _from_pixels(run, pictures, model):
    """A network from pixels on with the weights of a model that may begin with features."""
    config = run.config
    if config.end_to_end:
        return model
    facts = _whole_facts(config, pictures)
    with devices.distribution().scope():
        whole = build_model(config, facts, whole=True, train_cnn=config.fine_tune_epochs > 0)
        if config.init_from:
            run.start_weights(whole)
        else:
            options = config.cnn, config.cnn_weights, config.seed
            encoder = encoders.build_encoder(facts["image_shape"], *options)
            whole.get_layer("cnn").set_weights(encoder.get_weights())
    models.copy_weights(model, whole)
    return whole


def _fine_tune(run, before):
    """Train the network for images too, from pixels."""
    tell("Training the network for images too.")
    stage = run.beside(
        "fine_tune",
        train_cnn=True,
        epochs=run.config.fine_tune_epochs,
        learning_rate=run.config.fine_tune_rate,
        warmup_epochs=min(run.config.warmup_epochs, 0.5),
    )
    whole, weights = before.whole, before.whole.get_weights()
    pictures = data.from_pixels(stage.config, before.data)
    _, history = fit(stage, pictures, whole)
    is_better = _is_better(history, before.stages)
    stages = before.stages.then("fine_tune", history, is_better)
    if is_better:
        return Progress(whole, whole, pictures, stages)
    whole.set_weights(weights)
    whole.get_layer("cnn").trainable = False
    return dataclasses.replace(before, stages=stages)


def _train_self_critically(run, before):
    """Train on sampled captions, weighted by their scores."""
    tell("Training on the scores of sampled captions.")
    stage = run.beside(
        "self_critical",
        epochs=run.config.self_critical_epochs,
        learning_rate=run.config.self_critical_rate,
        warmup_epochs=0.1,
        scheduled_sampling=0.0,
    )
    model, weights = before.model, before.model.get_weights()
    history = self_critical.fit(stage, before.data, model)
    is_better = _is_better(history, before.stages)
    if not is_better:
        model.set_weights(weights)
    elif before.whole is not model:
        models.copy_weights(model, before.whole)
    stages = before.stages.then("self_critical", history, is_better)
    return dataclasses.replace(before, stages=stages)


def _is_better(history, stages):
    """True if a stage scored higher on validation than the one kept so far."""
    monitor = history.monitor
    is_better = history.best[monitor] > stages.history.best[monitor]
    if not is_better:
        tell(f"Its {monitor.removeprefix('val_')} is no better; the stage before is kept.")
    return is_better
