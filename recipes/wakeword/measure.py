"""Figures of a detector beside its baseline, clean and in noise."""

import dataclasses
import itertools
from typing import Any

import numpy as np

from recipes.wakeword import baselines, scoring
from recipes.wakeword import clips as wakeword_clips
from recipes.wakeword import data as wakeword_data
from recipes.wakeword import tracks as wakeword_tracks
from recipes.wakeword.detection import curve, measures
from recipes.wakeword.report import HEADLINE, NEAR, rates

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
    yield "clean", wakeword_tracks.of_clips(clips, 11)
    ratio = wakeword_data.NOISY
    yield f"{ratio:g} dB", wakeword_tracks.of_clips(_few_others(clips), 12, ratio, noise)


def _few_others(clips):
    """The phrases with a tenth of the rest."""
    is_phrase = np.isin(clips.kinds, ("phrase", "own_phrase"))
    others = np.flatnonzero(~is_phrase)[::10]
    return wakeword_clips.take(clips, np.sort(np.concatenate([np.flatnonzero(is_phrase), others])))


def measure(config, data, model):
    """Choose the threshold on the dev tracks and measure the network and its baseline with it.

    Args:
        config: Settings of the run.
        data: The `detector.Data`.
        model: The trained network.

    Returns:
        `Results`.
    """
    dev = scoring.tracks(model, data.dev)
    dev_curve = curve.curve(dev)
    threshold = curve.operating_point(dev_curve, config.alarms_per_hour)
    noise = data.noise["test"] or wakeword_data.mixed(config, data.clips, data.noise, "test").noises
    features = baselines.features_of(model)
    pattern = baselines.template(features, data.clips["train"])
    pattern_dev = baselines.tracks(features, pattern, data.dev)
    pattern_threshold = curve.operating_point(curve.curve(pattern_dev), config.alarms_per_hour)
    test, baseline, curves, example = {}, {}, {"dev": dev_curve}, None
    for condition, sounds in test_sounds(data.clips["test"], noise):
        sounds, again = itertools.tee(sounds)
        everything = scoring.tracks(model, sounds)
        heard = wakeword_tracks.without_near_misses(everything)
        test[condition] = measured(everything, threshold)
        test[condition]["at_rates"] = rates(dev, heard)
        curves[f"test, {condition}"] = curve.curve(heard)
        if condition != "clean":  # of all the sound this takes long, and of a part it says as much
            few = wakeword_tracks.without_near_misses(again)
            baseline[condition] = measures.measure(
                baselines.tracks(features, pattern, few), pattern_threshold
            )
            example = next((s, t) for s, t in zip(few, heard, strict=True) if s.ends)
    metrics = {
        "test": {
            **{name: test["clean"][name] for name in HEADLINE},
            "conditions": test,
        },
        "validation": measures.measure(dev, threshold),
        "baselines": {"template": baseline},
    }
    thresholds = {f"{rate:g}": curve.operating_point(dev_curve, rate) for rate in RATES}
    return Results(metrics, threshold, thresholds, curves, *example)


def measured(tracks, threshold):
    """`detection.measure` of tracks, those of near misses apart.

    As `miss_rate_at` joins it what lies at the rates people compare on the curve of these tracks.
    """
    near, others = wakeword_tracks.near_misses(tracks), wakeword_tracks.without_near_misses(tracks)
    found = measures.measure(others, threshold)
    if found["phrases"] and found["hours"]:
        there = curve.miss_rate_at(curve.curve(others), RATES)
        found["miss_rate_at"] = dict(zip(map("{:g}".format, RATES), there.tolist(), strict=True))
    if near:
        apart = measures.measure(near, threshold)
        found["near_misses"] = {name: apart[name] for name in NEAR}
    return found
