"""Train a detector of a phrase, in two stages."""

import time

from recipes.common import devices, models, run, storage
from recipes.common.terminal import tell
from recipes.wakeword import config as wakeword_config


def build_model(config):
    """The network of a configuration, not yet compiled."""
    import zoo

    return zoo.wakeword_detector(
        num_mels=config.num_mels,
        masking=config.masking,
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


def train(config):
    """Train, measure beside the baseline, and write model, metrics, plots and report."""
    from recipes.wakeword import measure, report

    started = time.monotonic()
    config = wakeword_config.with_speakers(config)
    directory = run.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        tell(f"The run in {directory} is complete; these are its results.")
        kept = storage.read_json(directory / "metrics.json", report.NEEDED)
        return report.summary(directory, config, kept)
    devices.start(config)
    from recipes.wakeword import fit  # imports Keras, and so after the start

    data = load_data(config)
    prepared = time.monotonic() - started
    with devices.distribution().scope():
        model = build_model(config)
    history, seconds = fit.fit(config, directory, data, model)
    took = {"prepare": prepared, "train": seconds}
    if config.mining_epochs:
        kept, took["mining"] = fit.mine(config, directory, data, model, history)
    models.save_model(model, directory / "model.keras")

    tell("Measuring.")
    results = measure.measure(config, data, model)
    metrics = {
        **results.metrics,
        "seconds": {**took, "last_sitting": time.monotonic() - started},
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    report.write(RECIPE, directory, config, history, results, metrics)
    thresholds = {"threshold": results.threshold, "by_alarms_per_hour": results.thresholds}
    storage.write_json(directory / "threshold.json", thresholds)
    storage.write_json(directory / "metrics.json", metrics)
    return report.summary(directory, config, metrics)
