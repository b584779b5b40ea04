"""Train a detector of a phrase, in two stages: on drawn speech, then on hard negatives too."""

import zoo
from recipes.common import devices, storage
from recipes.common.terminal import tell
from recipes.common.training import averaging
from recipes.common.training import fit as training
from recipes.common.training.callbacks import FreeRunning
from recipes.common.training.history import Stages
from recipes.wakeword import data, loss, measure, mining, report, scoring
from recipes.wakeword.detection import measures


def build_model(config):
    """The network of a configuration, not yet compiled."""
    return zoo.wakeword_detector(
        num_mels=config.num_mels,
        noise_floor=config.noise_floor,
        features=config.features,
        filters=config.filters,
        kernel_size=config.kernel_size,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        dropout=config.dropout,
        mask_steps=config.mask_steps,
        mask_mels=config.mask_mels,
    )


def fit(run, sounds, model=None):
    """Build, compile and train one network, or train a given one on.

    The epoch with the highest recall on a part of the dev tracks is kept, see
    `detection.measures.selection_score`.

    Args:
        run: The run, or a stage of it.
        sounds: Its `data.Data`.
        model: The network to train on, a new one if None.

    Returns:
        `model, history`.
    """
    with devices.distribution().scope():
        model = model or run.start_weights(build_model(run.config))
        loss.compile_model(model, run.config, len(sounds.train))

    def recall():
        scored = scoring.tracks(model, sounds.dev_subset)
        return {"recall": 1 - measures.selection_score(scored)}

    callbacks = [averaging.ValidateAverage(), FreeRunning(recall)]
    monitor = run.config.objective, "max"
    return model, training.fit(run, model, sounds.train, sounds.validation, *monitor, callbacks)


def fit_on_hard_negatives(run, sounds, model, history):
    """Train on with hard negatives; the weights of before are kept where they are better.

    Returns:
        The `Stages`.
    """
    hard = mining.hard_negatives(run, sounds.clips["train"], model)
    tell(f"Training on with {len(hard):,} hard negatives.")
    stage = run.beside(
        "mining",
        epochs=run.config.mining_epochs,
        learning_rate=run.config.mining_rate,
        warmup_epochs=min(run.config.warmup_epochs, 0.5),
    )
    before, objective = model.get_weights(), run.config.objective
    _, later = fit(stage, sounds.with_hard_negatives(hard), model)
    is_better = later.best[objective] >= history.best[objective]
    if not is_better:
        tell("The recall is no higher; the stage before is kept.")
        model.set_weights(before)
    return Stages.of(history).then("mining", later, is_better)


def train(run):
    """Train, choose thresholds, measure beside the baseline, and report."""
    sounds = data.load(run)
    model, history = fit(run, sounds)
    stages = Stages.of(history)
    if run.config.mining_epochs:
        stages = fit_on_hard_negatives(run, sounds, model, history)
    run.save(model)

    tell("Measuring.")
    results = measure.measure(run.config, sounds, model)
    thresholds = {"threshold": results.threshold, "by_alarms_per_hour": results.thresholds}
    storage.write_json(run.directory / "threshold.json", thresholds)
    metrics = run.measured(results.metrics, model, stages)
    metrics["validation"] |= results.validation
    report.write(run, stages, results, metrics)
    return metrics
