"""What a wakeword run leaves for people: figures, curves, a timeline, and `report.md`."""

import dataclasses
import itertools
from typing import Any

import numpy as np

from recipes.common import (
    detection,
    detector,
    listening,
    plots,
    report,
    runs,
    spoken_sources,
    template_baseline,
)
from recipes.common import detection_plots as pictures
from recipes.common import tracks as sounds_of
from recipes.common.terminal import say

NEEDED = ("test", "baselines", "seconds")
RATES = (0.1, 0.5, 1.0, 2.0)  # false alarms per hour that thresholds are chosen for


@dataclasses.dataclass(frozen=True)
class Results:
    """What measuring gave: metrics for files, and what the pictures are drawn from."""

    metrics: dict
    threshold: float
    thresholds: dict  # by rate
    curves: dict
    example: Any  # a `tracks.Sound` with phrases
    example_track: Any


def test_sounds(clips, noise):
    """The tracks of the test part by condition: as spoken, and in rooms with noise.

    Yields:
        `(condition, sounds)`, the sounds an iterator.
    """
    yield "clean", sounds_of.of_clips(clips, 11)
    ratio = detector.NOISY
    yield f"{ratio:g} dB", sounds_of.of_clips(_few_others(clips), 12, ratio, noise)


def _few_others(clips):
    """The phrases with a tenth of the rest."""
    is_phrase = np.isin(clips.kinds, ("phrase", "own_phrase"))
    others = np.flatnonzero(~is_phrase)[::10]
    return spoken_sources.take(clips, np.sort(np.concatenate([np.flatnonzero(is_phrase), others])))


def measure(config, data, model):
    """Choose the threshold on the dev tracks and measure the network and its baseline with it.

    Args:
        config: Settings of the run.
        data: The `detector.Data`.
        model: The trained network.

    Returns:
        `Results`.
    """
    dev = listening.tracks(model, data.dev)
    dev_curve = detection.curve(dev)
    threshold = detection.operating_point(dev_curve, config.alarms_per_hour)
    noise = data.noise["test"] or detector.mixed(config, data.clips, data.noise, "test").noises
    features = template_baseline.features_of(model)
    pattern = template_baseline.template(features, data.clips["train"])
    pattern_dev = template_baseline.tracks(features, pattern, data.dev)
    pattern_threshold = detection.operating_point(
        detection.curve(pattern_dev), config.alarms_per_hour
    )
    test, baseline, curves, example = {}, {}, {"dev": dev_curve}, None
    for condition, sounds in test_sounds(data.clips["test"], noise):
        sounds, again = itertools.tee(sounds)
        everything = listening.tracks(model, sounds)
        heard = sounds_of.ordinary(everything)
        test[condition] = measured(everything, threshold)
        test[condition]["at_rates"] = rates(dev, heard)
        curves[f"test, {condition}"] = detection.curve(heard)
        if condition != "clean":  # of all the sound this takes long, and of a part it says as much
            few = sounds_of.ordinary(again)
            baseline[condition] = detection.measure(
                template_baseline.tracks(features, pattern, few), pattern_threshold
            )
            example = next((s, t) for s, t in zip(few, heard, strict=True) if s.ends)
    metrics = {
        "test": {
            **{name: test["clean"][name] for name in HEADLINE},
            "conditions": test,
        },
        "validation": detection.measure(dev, threshold),
        "baselines": {"template": baseline},
    }
    thresholds = {f"{rate:g}": detection.operating_point(dev_curve, rate) for rate in RATES}
    return Results(metrics, threshold, thresholds, curves, *example)


def measured(tracks, threshold):
    """`detection.measure` of tracks, those of near misses apart.

    As `miss_rate_at` joins it what lies at the rates people compare on the curve of these tracks.
    """
    near, others = sounds_of.near_misses(tracks), sounds_of.ordinary(tracks)
    found = detection.measure(others, threshold)
    if found["phrases"] and found["hours"]:
        there = detection.miss_rate_at(detection.curve(others), RATES)
        found["miss_rate_at"] = dict(zip(map("{:g}".format, RATES), there.tolist(), strict=True))
    if near:
        apart = detection.measure(near, threshold)
        found["near_misses"] = {name: apart[name] for name in NEAR}
    return found


NEAR = ("hours", "false_alarms", "false_alarms_per_hour")
HEADLINE = ("miss_rate", "interval", "false_alarms_per_hour", "alarms_interval", "hours", "phrases")


def rates(dev, heard):
    """Miss rates at the rates people compare, thresholds chosen on dev and read off the test."""
    found = detection.miss_rates(dev, heard, RATES)
    kept = ("threshold", "misses", "miss_rate", "interval", "false_alarms", "false_alarms_per_hour")
    return {
        way: {rate: {name: row[name] for name in kept} for rate, row in rows.items()}
        for way, rows in found.items()
    }


def line(name, figures):
    """A row of figures for people."""
    low, high = figures["interval"] or (0, 0)
    missed = "no phrases"
    if figures["phrases"]:
        missed = (
            f"missed {figures['misses']:,} of {figures['phrases']:,}: "
            f"{figures['miss_rate']:.1%} ({low:.1%} to {high:.1%})"
        )
    alarms = "no other sound"
    if figures["hours"]:
        least, most = figures["alarms_interval"]
        count = figures["false_alarms"]
        alarms = (
            f"{count} false alarm{'s' * (count != 1)} in {figures['hours']:.2f} h: "
            f"{figures['false_alarms_per_hour']:.2f}/h ({least:.2f} to {most:.2f})"
        )
    return (name, f"{missed}; {alarms}")


def summary(directory, config, metrics):
    """The result of a run: what `--json` prints, and the lines for people."""
    test = metrics["test"]
    rows = [line(f"test, {name}", found) for name, found in test["conditions"].items()]
    for name, found in metrics["baselines"]["template"].items():
        rows.append(line(f"template, {name}", found))
    late = test["conditions"]["clean"]["latency_ms"]
    return {
        **metrics,
        "run": str(directory),
        "summary": [
            f"threshold for {config.alarms_per_hour:g} false alarms per hour, chosen on validation",
            report.columns(rows),
            f"heard {late['median']} ms after the end of the phrase (median), "
            f"{late['p95']} ms (95 %)"
            if late["median"] is not None
            else "never heard",
            f"report: {directory / 'report.md'}",
        ],
    }


def write(recipe, directory, config, history, results, metrics):
    """Plots and `report.md`."""
    say("Writing the report.")
    plots.learning_curves(
        history, directory / "learning_curves.png", ("crossentropy", "heard"), ("crossentropy",)
    )
    pictures.error_curve(results.curves, directory / "error_curve.png")
    heard = results.example_track
    pictures.timeline(
        listening.as_float(results.example.samples),
        detection.smoothed(heard.scores),
        results.threshold,
        detection.detections(heard.scores, results.threshold),
        directory / "timeline.png",
        heard.ends,
    )
    kept = runs.read_json(directory / "data.json")
    conditions = metrics["test"]["conditions"]
    rows = [line(name, found) for name, found in conditions.items()]
    rows += [line(f"template, {n}", f) for n, f in metrics["baselines"]["template"].items()]
    rows.append(line("validation, all conditions", metrics["validation"]))
    chosen = [
        (
            name, rate, f"{row['threshold']:.2f}", f"{row['miss_rate']:.1%}",
            f"{row['interval'][0]:.1%} to {row['interval'][1]:.1%}",
            f"{row['false_alarms_per_hour']:.2f}", f"{found['miss_rate_at'][rate]:.1%}",
        )
        for name, found in conditions.items()
        for rate, row in found["at_rates"]["chosen_on_dev"].items()
    ]  # fmt: skip
    groups = [
        (name, group["phrases"], group["misses"], f"{group['hours']:.2f}", group["false_alarms"])
        for found in conditions.values()
        for name, group in found["groups"].items()
    ] + [
        (
            f"near misses one after the other, {name}", 0, 0,
            f"{found['near_misses']['hours']:.2f}", found["near_misses"]["false_alarms"],
        )
        for name, found in conditions.items()
        if "near_misses" in found
    ]  # fmt: skip
    sections = [
        ("Result", report.table(["sound", "misses and false alarms"], rows)),
        (
            "At the rates that detectors are compared at, thresholds chosen on validation",
            report.table(
                [
                    "sound",
                    "asked, per hour",
                    "threshold",
                    "missed",
                    "interval",
                    "got, per hour",
                    "missed where its own curve has that rate",
                ],
                chosen,
            ),
        ),
        ("By kind", report.table(["kind", "phrases", "missed", "hours", "false alarms"], groups)),
        ("Misses against false alarms", "![Detection error curve](error_curve.png)"),
        ("A stretch of the test", "![Waveform, spectrogram and scores](timeline.png)"),
        ("Learning", "![Learning curves](learning_curves.png)"),
        report.how_it_was_made(
            recipe, config, kept, metrics, "utterances", ("phrase", config.words)
        ),
    ]
    runs.write_text(
        directory / "report.md", report.document(f"Wakeword: {config.words}", *sections)
    )
