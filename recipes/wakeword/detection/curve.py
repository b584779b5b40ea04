"""Misses and false alarms of a detector at every threshold that matters."""

import math
from typing import NamedTuple

import numpy as np

from recipes.wakeword.detection.triggers import (
    RULES,
    firing,
    in_frames,
    judge,
    line_up,
    phrase_peaks,
    second_peaks,
    track_numbers,
)

# The curve ends there: nobody lives with more than one false alarm a minute.
MOST_ALARMS = 60.0  # per hour


class Curve(NamedTuple):
    """Misses and false alarms at every threshold, from the highest, at which nothing fires.

    Attributes:
        thresholds: (N,) descending.
        alarms: (N,) false alarms on the negatives.
        beside: (N,) detections on the other tracks that belong to no phrase.
        hits: (N, phrases) booleans, true for phrases that were detected.
        owners: (phrases,) number of the track of each phrase.
        hours: Of the negatives.
    """

    thresholds: np.ndarray
    alarms: np.ndarray
    beside: np.ndarray
    hits: np.ndarray
    owners: np.ndarray
    hours: float

    @property
    def miss_rate(self):
        """(N,) the share of phrases that were not detected."""
        return (~self.hits).mean(axis=1)

    @property
    def alarms_per_hour(self):
        """(N,) false alarms per hour of the negatives."""
        return self.alarms / self.hours


def curve(tracks, thresholds=None, rules=RULES):
    """Misses and false alarms at many thresholds.

    Args:
        tracks: `Track`s, some with a phrase and some without.
        thresholds: The thresholds; None for all that matter: they lie halfway between the
            neighbouring peaks of phrases and of seconds of the negatives, and thin out where
            there are hundreds. It ends at `MOST_ALARMS`.
        rules: The `Rules`.
    """
    line = line_up(tracks, rules)
    if not len(line.owners) or not line.hours:
        raise ValueError("a curve needs tracks with a phrase and tracks without")
    most = np.inf if thresholds is not None else MOST_ALARMS * line.hours
    thresholds = _levels(line) if thresholds is None else np.sort(thresholds)[::-1]
    gap = in_frames(rules.refractory)
    alarms, beside, hits = [], [], []
    for row, threshold in enumerate(thresholds):
        if row % 32 == 0:  # only what reaches the lowest of the next thresholds need be looked at
            loud = np.flatnonzero(line.scores >= thresholds[row : row + 32].min())
            scores = line.scores[loud]
        hit, _, wrong = judge(line, firing(loud[scores >= threshold], gap))
        alarms.append(int(line.negative[track_numbers(line, wrong)].sum()))
        beside.append(len(wrong) - alarms[-1])
        hits.append(np.bincount(hit, minlength=len(line.owners)) > 0)
        if alarms[-1] > most:
            break
    return Curve(
        np.array(thresholds[: len(alarms)]), np.array(alarms), np.array(beside), np.array(hits),
        line.owners, line.hours,
    )  # fmt: skip


def _levels(line):
    """Descending thresholds between which little changes, the first above all scores."""
    peaks, spoken = second_peaks(line), np.sort(phrase_peaks(line))
    # Every one of the first hundred, then a fiftieth more each time: figures go with the logarithm.
    ranks = np.append(np.arange(100), np.geomspace(100, max(100, len(peaks)), 250).astype(int))
    peaks = peaks[np.unique(np.minimum(ranks, len(peaks) - 1))]
    spoken = spoken[np.unique(np.linspace(0, len(spoken) - 1, 200).astype(int))]
    levels = np.unique(np.append(peaks, spoken))[::-1]
    above = levels[0] + abs(levels[0]) + 1
    between = (levels[:-1] + levels[1:]) / 2
    return np.unique(np.concatenate([[above], between, levels[-1:]]))[::-1]


def operating_point(found, alarms_per_hour):
    """The lowest threshold of a curve with at most so many false alarms per hour.

    Too few hours cannot show a low rate, so the count decides: with half an hour, 0.1 per hour
    asks for floor(0.1 * 0.5) = 0 false alarms. No higher threshold may have more and none fewer
    misses, as scores that stay above a very low threshold hardly ever fire, which is no use.

    Args:
        found: A `Curve`.
        alarms_per_hour: The most.
    """
    return float(found.thresholds[_row(found, alarms_per_hour * found.hours)])


def operating_rows(found):
    """The rows of a curve's operating points with at most 0, 1, 2 ... false alarms, (counts,)."""
    return np.array([_row(found, count) for count in range(found.alarms.max() + 1)])


def miss_rate_at(found, alarms_per_hour):
    """The miss rate at some rates of false alarms, as a curve has it.

    Every count of false alarms has its miss rate, see `operating_rows`; rates that no count gives
    lie between two on a straight line, so that few hours of negatives give few steps but no jumps.

    Args:
        found: A `Curve`.
        alarms_per_hour: One rate or an array of them.
    """
    misses = found.miss_rate[operating_rows(found)]
    return np.interp(np.multiply(alarms_per_hour, found.hours), np.arange(len(misses)), misses)


def _row(found, count):
    """The row of the operating point with at most so many false alarms."""
    too_many = np.append(found.alarms > math.floor(count + 1e-9), True)
    misses = found.miss_rate[: too_many.argmax()]  # of the rows before the first that has more
    if not len(misses):
        raise ValueError("every threshold of the curve has more false alarms")
    return len(misses) - 1 - int(misses[::-1].argmin())
