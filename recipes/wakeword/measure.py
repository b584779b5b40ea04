"""Figures of a detector beside its baseline, clean and in noise."""

import dataclasses
import functools

import numpy as np

from recipes.common.progress import track
from recipes.wakeword import baselines, probabilities, scoring, tracks
from recipes.wakeword import clips as utterances
from recipes.wakeword.data import NOISY
from recipes.wakeword.detection import curve, measures
from recipes.wakeword.detection.triggers import Track

RATES = (0.1, 0.5, 1.0, 2.0)  # false alarms per hour that thresholds are chosen for
HEADLINE = ("miss_rate", "interval", "false_alarms_per_hour", "alarms_interval", "hours", "phrases")
OF_NEAR_MISSES = ("hours", "false_alarms", "false_alarms_per_hour")
AT_RATE = ("threshold", "misses", "miss_rate", "interval", "false_alarms", "false_alarms_per_hour")
CLEAN = "clean"


@dataclasses.dataclass(frozen=True)
class Results:
    """Results of measuring.

    Attributes:
        metrics: Entries of `metrics.json`.
        validation: The figures on the dev tracks.
        threshold: The one chosen for the rate that the settings ask for.
        thresholds: Those for other rates, by the rate as text.
        curves: A `Curve` by condition.
        example: A `tracks.Sound` with phrases.
        example_track: Its `Track` of scores.
    """

    metrics: dict
    validation: dict
    threshold: float
    thresholds: dict[str, float]
    curves: dict[str, curve.Curve]
    example: tracks.Sound
    example_track: Track


def measure(config, data, model):
    """Choose the threshold on the dev tracks and measure the network and its baseline with it.

    Args:
        config: Settings of the run.
        data: The `data.Data`.
        model: The trained network.

    Returns:
        `Results`.
    """
    network = functools.partial(scoring.tracks, model)
    template = baselines.Template.of(model, data.clips["train"])
    dev, of_template = scored(data.dev(), network, template.tracks)
    dev_curve = curve.curve(dev)
    threshold = curve.operating_point(dev_curve, config.alarms_per_hour)
    its_threshold = curve.operating_point(curve.curve(of_template), config.alarms_per_hour)
    test, baseline, curves = {}, {}, {"dev, both conditions": dev_curve}
    for condition, sounds in test_sounds(data.clips["test"], data.noises("test")).items():
        if condition == CLEAN:  # of all the sound the baseline would take long and say no more
            (found,) = scored(sounds(), network)
        else:
            found, of_template = scored(sounds(), network, template.tracks)
            baseline[condition] = measures.measure(without_near_misses(of_template), its_threshold)
            example = next(sound for sound in sounds() if sound.ends)
            example_track = next(track for track in found if track.name == example.name)
        test[condition] = measured(found, threshold)
        test[condition]["at_rates"] = at_rates(dev, without_near_misses(found))
        curves[f"test, {condition}"] = curve.curve(without_near_misses(found))
    metrics = {
        "test": {**{name: test[CLEAN][name] for name in HEADLINE}, "conditions": test},
        "baselines": {"template": baseline},
        "threshold_probability": probabilities.rounded(threshold),
    }
    thresholds = {f"{rate:g}": curve.operating_point(dev_curve, rate) for rate in RATES}
    validation = measures.measure(dev, threshold)
    return Results(metrics, validation, threshold, thresholds, curves, example, example_track)


def scored(sounds, *scorers):
    """The tracks that each of several scorers gives for the same sounds, which are made once.

    Args:
        sounds: An iterable of `tracks.Sound`s, of which few are kept at once.
        *scorers: Functions from a list of them to `Track`s.
    """
    found = [[] for _ in scorers]
    for bunch in scoring.bunches(sounds):
        for several, scorer in zip(found, scorers, strict=True):
            several += scorer(bunch)
    return found


def test_sounds(clips, noise):
    """The tracks of the test part as spoken, and in rooms with noise.

    Args:
        clips: `Clips` of the test part.
        noise: Sounds that noise is taken from.

    Returns:
        A dict from the condition to a function that makes the `tracks.Sound`s, an iterator.
    """
    few = _few_others(clips)

    def told(name, chosen, *how):
        number = tracks.expected(chosen)
        return track(tracks.of_clips(chosen, *how), number, f"measuring on the test, {name}")

    noisy = f"{NOISY:g} dB"
    return {
        CLEAN: functools.partial(told, CLEAN, clips, 11),
        noisy: functools.partial(told, noisy, few, 12, NOISY, noise),
    }


test_sounds.__test__ = False  # it is no test, whatever its name


def _few_others(clips):
    """The phrases with a tenth of the rest."""
    others = np.flatnonzero(~clips.is_phrase)[::10]
    chosen = np.sort(np.concatenate([np.flatnonzero(clips.is_phrase), others]))
    return utterances.take(clips, chosen)


def without_near_misses(found):
    """The tracks that do not consist of near misses."""
    return [track for track in found if not tracks.is_of_near_misses(track)]


def measured(found, threshold):
    """`measures.measure` of tracks, those of near misses apart.

    As `miss_rate_at` it has the misses at the rates people compare, on the curve of these tracks.
    """
    others = without_near_misses(found)
    figures = measures.measure(others, threshold)
    if figures["phrases"] and figures["hours"]:
        there = curve.miss_rate_at(curve.curve(others), RATES)
        figures["miss_rate_at"] = dict(zip(map("{:g}".format, RATES), there.tolist(), strict=True))
    if near_misses := [track for track in found if tracks.is_of_near_misses(track)]:
        apart = measures.measure(near_misses, threshold)
        figures["near_misses"] = {name: apart[name] for name in OF_NEAR_MISSES}
    return figures


def at_rates(dev, test):
    """Figures at the rates people compare, thresholds chosen on dev and read off the test."""
    return {
        way: {rate: {name: figures[name] for name in AT_RATE} for rate, figures in rows.items()}
        for way, rows in measures.miss_rates(dev, test, RATES).items()
    }
