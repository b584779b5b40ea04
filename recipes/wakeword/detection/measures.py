"""Figures of a detector on continuous sound: misses against false alarms per hour.

All of it works on `Track`s of scores, be they of the whole model, its streaming step or an exported
file. Thresholds are chosen on the tracks of the dev split alone.
"""

from typing import NamedTuple

import numpy as np

from recipes.wakeword.detection.curve import curve, miss_rate_at, operating_point
from recipes.wakeword.detection.triggers import (
    FRAME_SECONDS,
    RULES,
    firing,
    in_frames,
    judge,
    line_up,
    phrase_peaks,
    second_peaks,
    track_numbers,
)

RATES = (0.1, 0.5, 1.0)  # false alarms per hour at which detectors are compared
SELECTION_RATES = np.geomspace(0.5, 10, 21)  # false alarms per hour over which misses are averaged
CONFIDENCE = 0.95
RESAMPLES = 2_000
FEW_TRACKS = 10  # with fewer of them, the bootstrap draws phrases


class Outcome(NamedTuple):
    """A phrase, or a detection that belongs to none.

    Attributes:
        track: Number of its track.
        kind: "hit", "miss", "false alarm", or "beside" for a false alarm on a track with phrases.
        seconds: Time of the detection in its track, or for a miss, of the end of the phrase.
        latency: Seconds from the end of the phrase to its detection; None if not a hit.
    """

    track: int
    kind: str
    seconds: float
    latency: float | None = None


def outcomes(tracks, threshold, rules=RULES):
    """The `Outcome` of every phrase and every false alarm, in order of track and time."""
    if not np.isfinite(threshold):
        raise ValueError(f"a threshold of {threshold} is none")
    line = line_up(tracks, rules)
    gap = in_frames(rules.refractory)
    hit, frames, wrong = judge(line, firing(np.flatnonzero(line.scores >= threshold), gap))
    found = []
    for phrase, seconds in zip(hit, _seconds(line, frames), strict=True):
        latency = round(seconds - float(line.ends[phrase]), 6)
        found.append(Outcome(int(line.owners[phrase]), "hit", seconds, latency))
    for phrase in np.setdiff1d(np.arange(len(line.owners)), hit):
        found.append(Outcome(int(line.owners[phrase]), "miss", float(line.ends[phrase])))
    for owner, seconds in zip(track_numbers(line, wrong), _seconds(line, wrong), strict=True):
        kind = "false alarm" if line.negative[owner] else "beside"
        found.append(Outcome(int(owner), kind, seconds))
    return sorted(found, key=lambda outcome: (outcome.track, outcome.seconds))


def _seconds(line, frames):
    """The ends of frames of the timeline, in seconds of their own tracks."""
    counts = frames - line.starts[track_numbers(line, frames)] + 1
    return np.round(counts * FRAME_SECONDS, 2).tolist()


def measure(tracks, threshold, rules=RULES, seed=0):
    """The figures of a detector at one threshold.

    Args:
        tracks: `Track`s; figures of phrases are None if none has a phrase, and those of false
            alarms if all have.
        threshold: The least score that fires.
        rules: The `Rules`.
        seed: Of the bootstrap.

    Returns:
        A dict that JSON can hold: `threshold`; of the tracks with phrases `phrases`, `misses`,
        `miss_rate`, its `interval` (see `band`), `alarms_beside_phrases` and, in hours,
        `phrase_hours`; of the negatives `hours`, `false_alarms`, `false_alarms_per_hour` and its
        `alarms_interval`; `latency_ms` from the end of a phrase to its detection (`median`, `p95`);
        and `groups`, the counts by group. Intervals hold in 95 of 100 cases.
    """
    found = outcomes(tracks, threshold, rules)
    kinds = [outcome.kind for outcome in found]
    missed = np.array([kind == "miss" for kind in kinds if kind in ("hit", "miss")])
    owners = [outcome.track for outcome in found if outcome.kind in ("hit", "miss")]
    late = [1000 * outcome.latency for outcome in found if outcome.kind == "hit"]
    hours = _hours(track for track in tracks if not len(track.ends))
    alarms = kinds.count("false alarm")
    return {
        "threshold": float(threshold),
        "phrases": len(missed),
        "misses": int(missed.sum()),
        "miss_rate": float(missed.mean()) if owners else None,
        "interval": _interval(missed[None], owners, seed)[:, 0].tolist() if owners else None,
        "alarms_beside_phrases": kinds.count("beside"),
        "phrase_hours": _hours(track for track in tracks if len(track.ends)),
        "hours": hours,
        "false_alarms": alarms,
        "false_alarms_per_hour": alarms / hours if hours else None,
        "alarms_interval": alarms_interval(alarms, hours) if hours else None,
        "latency_ms": {
            "median": round(float(np.median(late)), 1) if late else None,
            "p95": round(float(np.quantile(late, 0.95)), 1) if late else None,
        },
        "groups": _groups(tracks, found),
    }


def _hours(tracks):
    return sum(len(track.scores) for track in tracks) * FRAME_SECONDS / 3600


def _groups(tracks, found):
    """Counts by group, in the order in which the groups come."""
    counts = {}
    for group in dict.fromkeys(track.group for track in tracks):
        kinds = [outcome.kind for outcome in found if tracks[outcome.track].group == group]
        negatives = [track for track in tracks if track.group == group and not len(track.ends)]
        counts[group] = {
            "phrases": kinds.count("hit") + kinds.count("miss"),
            "misses": kinds.count("miss"),
            "hours": _hours(negatives),
            "false_alarms": kinds.count("false alarm"),
        }
    return counts


def miss_rates(dev, test, rates=RATES, rules=RULES, seed=0):
    """Figures of the test tracks at given rates of false alarms.

    Args:
        dev: Tracks to choose thresholds on, by `operating_point`.
        test: Tracks that are measured.
        rates: False alarms per hour.
        rules: The `Rules`.
        seed: Of the bootstrap.

    Returns:
        A dict that JSON can hold, of two dicts by the rate as a text, such as "0.5".
        `chosen_on_dev`: `measure` of the test tracks at the threshold chosen on the dev tracks, and
        as `dev` their own `hours`, `false_alarms` and `miss_rate` there.
        `read_off_test`: the same at the threshold that gives this rate on the test tracks, which
        nobody can know beforehand; it tells where the curve lies, and not how good the detector is.
    """
    dev_curve, test_curve = curve(dev, rules=rules), curve(test, rules=rules)
    figures = {"chosen_on_dev": {}, "read_off_test": {}}
    for rate in rates:
        threshold = operating_point(dev_curve, rate)
        row = dev_curve.thresholds.tolist().index(threshold)
        figures["chosen_on_dev"][f"{rate:g}"] = measure(test, threshold, rules, seed) | {
            "dev": {
                "hours": float(dev_curve.hours),
                "false_alarms": int(dev_curve.alarms[row]),
                "miss_rate": float(dev_curve.miss_rate[row]),
            }
        }
        threshold = operating_point(test_curve, rate)
        figures["read_off_test"][f"{rate:g}"] = measure(test, threshold, rules, seed)
    return figures


def selection_score(tracks, rules=RULES):
    """The mean miss rate by which epochs are compared: the lower, the better, 0 to 1.01.

    The mean is over `SELECTION_RATES`, which are spaced evenly in their logarithm: a part of the
    area under the curve. Every count of false alarms has its miss rate, see `operating_rows`, and
    rates that no count gives lie between two on a straight line, so that few hours of negatives
    give few steps but no jumps. Where two detectors miss as much, all or nothing for instance, a
    hundredth decides: the distance from the highest peaks of the negatives up to the peaks of
    phrases, in standard deviations of both, whatever the scale of the scores.

    Args:
        tracks: Those of the dev split.
        rules: The `Rules`.
    """
    found = curve(tracks, rules=rules)
    area = miss_rate_at(found, SELECTION_RATES).mean()
    line = line_up(tracks, rules)
    phrases, negatives = phrase_peaks(line), second_peaks(line)
    negatives = negatives[: max(1, round(SELECTION_RATES[-1] * found.hours))]
    distance = (phrases.mean() - negatives.mean()) / (phrases.std() + negatives.std() + 1e-9)
    return float(area + 0.01 / (1 + np.exp(np.clip(distance, -30, 30))))


def band(found, seed=0):
    """The interval of the miss rate at every threshold of a curve, (2, N), as in `measure`."""
    return _interval(~found.hits, found.owners, seed)


def _interval(missed, owners, seed):
    """Bootstrap interval of the share of phrases that are missed.

    Tracks are drawn, as the phrases of one voice or recording are alike; or phrases, where there
    are few tracks. If all are missed or none, every draw is the same, and the exact interval of
    so many independent phrases is given instead (Clopper and Pearson).

    Args:
        missed: (N, phrases) booleans.
        owners: (phrases,) number of the track of each.
        seed: Of the draws.

    Returns:
        (2, N), the lower and the upper ends.
    """
    _, owners = np.unique(owners, return_inverse=True)
    tracks, phrases = owners.max() + 1, len(owners)
    if tracks < FEW_TRACKS:
        owners, tracks = np.arange(phrases), phrases
    draws = np.random.default_rng(seed).multinomial(tracks, np.full(tracks, 1 / tracks), RESAMPLES)
    weights = draws[:, owners].astype(np.float32)  # (draws, phrases)
    rates = weights @ missed.T / weights.sum(axis=1, keepdims=True)  # (draws, N)
    tail = (1 - CONFIDENCE) / 2
    ends = np.quantile(rates, [tail, 1 - tail], axis=0)  # (2, N)
    share = missed.mean(axis=1)
    exact = tail ** (1 / phrases)
    ends[:, share == 0] = [[0], [1 - exact]]
    ends[:, share == 1] = [[exact], [1]]
    return ends


def alarms_interval(count, hours):
    """Exact Poisson interval of a rate per hour, of a count of independent alarms.

    **Reference**: Garwood 1936, Fiducial limits for the Poisson distribution
    """
    from scipy.stats import chi2

    tail = (1 - CONFIDENCE) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    return [float(low / hours), float(chi2.ppf(1 - tail, 2 * count + 2) / 2 / hours)]
