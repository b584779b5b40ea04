"""Wakeword: listen for a phrase, frame by frame, from the phrase alone or with recordings of it.

python -m recipes.wakeword --phrase "hey computer"                     # synthetic voices, offline
python -m recipes.wakeword train --phrase alexa --positives recordings/ --run runs/alexa
python -m recipes.wakeword predict --run runs/alexa long.wav
arecord -f S16_LE -r 16000 -t raw | python -m recipes.wakeword listen --run runs/alexa -
"""

import dataclasses
import sys
import time
from typing import Literal

from recipes.common import cli, detector, devices, runs
from recipes.common.terminal import say

RECIPE = "wakeword"
CATALOG = "speech_commands"


@dataclasses.dataclass(frozen=True)
class Config(detector.Config):
    """Settings of a wakeword run."""

    run: str = "runs/wakeword"
    """Directory for everything this run writes."""
    batch_size: int = 64
    """Clips a step, over all GPUs together."""
    epochs: int = 18
    """Passes over the training clips, which are mixed anew in each."""
    patience: int = 15
    """Epochs without a better validation result, which swings, before training stops."""
    learning_rate: float = 4e-3
    """Highest learning rate of the schedule."""


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: misses, false alarms per hour, latency, with their intervals."""

    positives: str = ""
    """Folder of recordings of the phrase, one in each file; with it, --data is not used."""
    negatives: str = ""
    """Folder of recorded speech without the phrase."""
    noise: str = ""
    """Folder of noise that is added to all recordings in a second measurement."""
    ratio: float = 10.0
    """Signal-to-noise ratio of that measurement, in decibels."""
    backend: Literal[
        "model", "stream", "litert", "litert_int8", "litert_int16x8", "onnx", "savedmodel"
    ] = "model"  # fmt: skip
    """What listens: the whole model, its streaming step, or an exported file."""
    bad_share: float = 0.01
    """Share of unusable recordings that is skipped and counted; more stop the measurement."""
    plot: str = ""
    """Where a picture of misses against false alarms goes, a PNG file."""
    threshold: float | None = None
    """Least mean logit that counts; the one that the run chose by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """When the phrase is heard in files of sound, or those named in lines of standard input."""

    plot: str = ""
    """Where a picture of waveform, spectrogram and scores of the first file goes, a PNG file."""
    threshold: float | None = None
    """Least mean logit that counts; the one that the run chose by default."""


@dataclasses.dataclass(frozen=True)
class Listen:
    """Listen to raw sound, 16 kHz 16-bit little-endian mono, as it comes in."""

    run: str
    """Directory of a trained run."""
    source: cli.Positional[str] = "-"
    """`-` for standard input, or a file or device to read."""
    threshold: float | None = None
    """Least mean logit that counts; the one that the run chose by default."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write the streaming step of a trained run for small devices, or the whole as SavedModel."""

    format: Literal["litert", "onnx", "savedmodel"] = "litert"
    """LiteRT or ONNX for one step of 10 ms with its state, SavedModel for whole recordings."""
    quantize: Literal["none", "int8", "int16x8"] = "none"
    """Numbers of a LiteRT file: float32, 8 bits, or 8 bits with states of 16."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "features": hp.Choice("features", ["log_mel", "pcen", "both"]),
        "units": hp.Choice("units", [32, 64, 96]),
        "num_layers": hp.Choice("num_layers", [1, 2]),
        "filters": hp.Choice("filters", [32, 48, 64]),
        "kernel_size": hp.Choice("kernel_size", [3, 5, 9]),
        "clip_seconds": hp.Choice("clip_seconds", [1.6, 2.0, 3.0]),
        "mask_steps": hp.Choice("mask_steps", [0, 10, 20]),
        "phrase_weight": hp.Choice("phrase_weight", [1.0, 2.0, 4.0, 8.0]),
        "dropout": hp.Float("dropout", 0.0, 0.4, step=0.1),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }


def load_data(config):
    """Clips by part, and batches of `{"samples": (B, N)}, (B, T) labels, (B, T) weights`."""
    detector.check(config)
    return detector.load(config, RECIPE)


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
    from recipes.common import wakeword_report

    started = time.monotonic()
    config = detector.with_speakers(config)
    directory = runs.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        say(f"The run in {directory} is complete; these are its results.")
        kept = runs.read_json(directory / "metrics.json", wakeword_report.NEEDED)
        return wakeword_report.summary(directory, config, kept)
    devices.start(config)
    from recipes.common import detector_training  # imports Keras, and so after the start

    data = load_data(config)
    prepared = time.monotonic() - started
    with devices.strategy().scope():
        model = build_model(config)
    history, seconds = detector_training.fit(config, directory, data, model)
    took = {"prepare": prepared, "train": seconds}
    if config.mining_epochs:
        kept, took["mining"] = detector_training.mine(config, directory, data, model, history)
    runs.save_model(model, directory / "model.keras")

    say("Measuring.")
    results = wakeword_report.measure(config, data, model)
    metrics = {
        **results.metrics,
        "seconds": {**took, "last_sitting": time.monotonic() - started},
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    wakeword_report.write(RECIPE, directory, config, history, results, metrics)
    thresholds = {"threshold": results.threshold, "by_alarms_per_hour": results.thresholds}
    runs.write_json(directory / "threshold.json", thresholds)
    runs.write_json(directory / "metrics.json", metrics)
    return wakeword_report.summary(directory, config, metrics)


def restore(run, **options):
    """A finished run."""
    return detector.restore(run, RECIPE, Config, build_model, **options)


def evaluate(run, data, **options):
    """Misses and false alarms of a finished run, on its own test part or on recordings."""
    from recipes.common import wakeword_answers

    return wakeword_answers.evaluate(restore(run), data, **options)


def predict(run, inputs, plot="", threshold=None):
    """The times at which the phrase was heard in each file."""
    from recipes.common import wakeword_answers

    return wakeword_answers.predict(restore(run), inputs, plot, threshold)


def listen(run, source, threshold=None):
    """Report each detection while sound comes in."""
    from recipes.common import wakeword_answers

    return wakeword_answers.listen(restore(run), source, threshold)


def trial(config):
    """What a search asks of one configuration: the share of phrases it hears on the dev tracks."""
    config = detector.with_speakers(config)
    directory = runs.check(RECIPE, config)
    devices.start(config)
    from recipes.common import detector_training

    data = load_data(config)
    with devices.strategy().scope():
        model = build_model(config)
    history, seconds = detector_training.fit(config, directory, data, model)
    return {"val_heard": detector_training.best(history), "seconds": seconds}


def tune(config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning

    return tuning.search(__spec__.name, config, search_space, trials, tuner, "val_heard")


def export(run, format, quantize="none"):
    """Write the detector for use without this package, and check that it gives the same logits."""
    from recipes.common import exporting_detectors

    return exporting_detectors.export(run, format, quantize, restore(run, for_export=True))


def main(argv=None):
    """What the command line asks for."""
    verbs = {
        "train": train,
        "evaluate": evaluate,
        "predict": predict,
        "listen": listen,
        "tune": tune,
        "export": export,
    }
    options = {"evaluate": Evaluate, "predict": Predict, "listen": Listen, "export": Export}
    return cli.main(argv, Config, "python -m recipes.wakeword", __doc__, options, **verbs)


if __name__ == "__main__":
    main(sys.argv[1:])
