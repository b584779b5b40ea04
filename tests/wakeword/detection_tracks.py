"""Tracks of scores made by hand, and a count of what a detector does on them."""

import functools
import math

import numpy as np

from recipes.wakeword.detection import curve, measures
from recipes.wakeword.detection.triggers import Rules, Track

# Peaks made by hand are three frames wide; smoothed as a detector's are, they would be low hills.
AS_THEY_ARE = {"rules": Rules()}
curve, measure, miss_rates, outcomes, selection_score = (
    functools.partial(function, **AS_THEY_ARE)
    for function in (
        curve.curve,
        measures.measure,
        measures.miss_rates,
        measures.outcomes,
        measures.selection_score,
    )
)


def peaks(frames, places, width=3):
    """Scores of -5 with rectangular peaks: `places` is height by first frame."""
    scores = np.full(frames, -5, np.float32)
    for place, height in places.items():
        scores[place : place + width] = height
    return scores


def positive(name, height, end=2.0, frames=400):
    """A track whose phrase ends at `end` and has its peak there."""
    return Track(name, peaks(frames, {round(end * 100) - 1: height}), (end,), "phrase")


def negative(name, heights, frames=36_000):
    """Six minutes, unless told, with a peak of each height, well apart."""
    places = {1_000 * (i + 1): height for i, height in enumerate(heights)}
    return Track(name, peaks(frames, places), (), "speech")


def wandering(seed, sizes=(900, 1400, 700, 600, 500)):
    """Tracks of random walks, the last three with phrases, close to each other in one."""
    rng = np.random.default_rng(seed)
    ends = [(), (), (1.5, 2.2, 4.0), (3.0,), (2.0, 4.5)]
    return [
        Track(f"{i}", np.convolve(rng.normal(size=size), np.ones(9), "same"), phrases)
        for i, (size, phrases) in enumerate(zip(sizes, ends, strict=True))
    ]


def naive(tracks, threshold, rules):
    """Hits, misses, false alarms and detections beside phrases, frame by frame."""
    counts = {"hit": 0, "miss": 0, "false alarm": 0, "beside": 0}
    for track in tracks:
        scores = track.scores.tolist()
        hit, armed, quiet_until = set(), True, -1.0
        for frame in range(len(scores)):
            heard = scores[max(0, frame + 1 - rules.smoothing) : frame + 1]
            if math.fsum(heard) / len(heard) < threshold:
                armed = True
                continue
            if not armed or frame < quiet_until:
                continue
            armed, quiet_until = False, frame + round(rules.refractory * 100)
            at = (frame + 1) / 100
            right = None
            for number, end in enumerate(track.ends):
                inside = end - rules.early - 1e-9 <= at <= end + rules.late + 1e-9
                if inside and (number == 0 or at > track.ends[number - 1] + 1e-9):
                    right = number  # the latest that it may belong to
            if right is not None:
                hit.add(right)
            else:
                counts["beside" if track.ends else "false alarm"] += 1
        counts["hit"] += len(hit)
        counts["miss"] += len(track.ends) - len(hit)
    return counts
