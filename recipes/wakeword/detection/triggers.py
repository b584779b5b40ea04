"""Detections from scores, one for every 10 ms of sound, and the rules by which they are right.

A score is any number that grows with the belief that the phrase was just said, such as a logit.
Frame t has heard the sound up to (t + 1) * 10 ms.
"""

import bisect
from typing import NamedTuple

import numpy as np

FRAME_SECONDS = 0.01


class Track(NamedTuple):
    """The scores of one recording or mix, judged on its own.

    A phrase that ends with its recording has no time to be detected: let silence follow.

    Attributes:
        name: Its name in reports.
        scores: (T,) a score every 10 ms.
        ends: Times at which the phrase ends in it, in seconds, ascending; empty for negatives.
        group: The sort of track, such as "phrase", "near_miss" or "speech".
    """

    name: str
    scores: np.ndarray
    ends: tuple[float, ...] = ()
    group: str = ""


class Rules(NamedTuple):
    """The rules by which a detector fires, and by which detections are right.

    Attributes:
        refractory: Seconds of silence after a detection: nobody says it again within a second.
        smoothing: Frames whose mean score is compared with the threshold, the last one included.
        early: Seconds before the end of a phrase from which a detection is right. The last sounds
            may be certain before they are over ("alexa" after "alex"), and the marked end may lie
            after them, where an echo or a breath ends.
        late: Seconds after the end until which it is right. People who wait longer say it again.
    """

    refractory: float = 1.0
    smoothing: int = 1
    early: float = 0.5
    late: float = 1.0


# A quarter of a second is as long as the phrase counts as heard in training; what is like it for a
# few frames alone then has no high mean. Reference: Chen, Parada & Heigold (2014), "Small-footprint
# keyword spotting using deep neural networks", https://doi.org/10.1109/ICASSP.2014.6854370,
# section 2.4.
RULES = Rules(smoothing=24)


class Trigger:
    """The detector as it listens: fed with scores as they come, in pieces of any size.

    It fires at the first frame whose score, smoothed, reaches the threshold, then not again for
    the refractory time and not before the score has been below the threshold.

    Args:
        threshold: The least score that fires.
        rules: Their refractory time and smoothing count.
    """

    def __init__(self, threshold, rules=RULES):
        self._threshold, self._gap = threshold, in_frames(rules.refractory)
        self._recent = np.zeros(rules.smoothing - 1)
        self._frame = self._quiet_until = 0
        self._means, self._armed = np.zeros(0), True

    def feed(self, scores):
        """Hear the next scores (T,): the frames that fire, counted from the first ever heard."""
        fired = []
        self._means, self._recent = _smoothed(scores, self._recent, self._frame)
        for reaches in (self._means >= self._threshold).tolist():
            if not reaches:
                self._armed = True
            elif self._armed and self._frame >= self._quiet_until:
                fired.append(self._frame)
                self._armed, self._quiet_until = False, self._frame + self._gap
            self._frame += 1
        return fired

    def score(self, frame):
        """The smoothed score of a frame that was heard last."""
        return float(self._means[frame - self._frame])


def detections(scores, threshold, rules=RULES):
    """The frames at which a `Trigger` fires that hears the scores (T,) from the beginning."""
    return firing(
        np.flatnonzero(smoothed(scores, rules) >= threshold), in_frames(rules.refractory)
    ).tolist()


def smoothed(scores, rules=RULES):
    """The means `(T,)` that are compared with the threshold."""
    return _smoothed(scores, np.zeros(rules.smoothing - 1))[0]


def in_frames(seconds):
    """The nearest number of frames."""
    return round(seconds / FRAME_SECONDS)


def _smoothed(scores, before, heard=0):
    """Causal means (T,) of scores, in the same order of addition whatever the pieces.

    Args:
        scores: (T,).
        before: (smoothing - 1,), the scores before them, zero for those before the first.
        heard: Number of scores before them.

    Returns:
        The means, and the `before` of what follows.
    """
    scores = np.asarray(scores, np.float64)
    if not len(before):
        return scores, before
    joined = np.concatenate([before, scores])  # (smoothing - 1 + T,)
    total = np.zeros(len(scores))
    for start in range(len(before) + 1):
        total += joined[start : start + len(scores)]
    counts = np.minimum(np.arange(heard, heard + len(scores)), len(before)) + 1
    return total / counts, joined[len(scores) :]


def firing(frames, gap):
    """The frames at which a detector fires, of all that reach its threshold, both ascending."""
    if not len(frames):
        return frames
    breaks = np.flatnonzero(np.diff(frames) > 1)
    firsts = frames[np.append(0, breaks + 1)]  # of every run above the threshold
    if len(firsts) == 1 or np.diff(firsts).min() >= gap:
        return firsts
    lasts = frames[np.append(breaks, len(frames) - 1)].tolist()
    firsts = firsts.tolist()
    fired = [firsts[0]]
    run = max(1, bisect.bisect_left(lasts, firsts[0] + gap))
    while run < len(firsts):
        # A run that begins in the refractory time fires when that is over.
        fired.append(max(firsts[run], fired[-1] + gap))
        run = max(run + 1, bisect.bisect_left(lasts, fired[-1] + gap))
    return np.array(fired)


class Timeline(NamedTuple):
    """All tracks one after the other, with silence between that none of them hears across.

    `scores` (F,) are smoothed, minus infinity in between. Track i begins at `starts[i]`. Phrase j
    is hit by a detection from `firsts[j]` up to and with `lasts[j]`; it ends at `ends[j]` seconds
    of its track `owners[j]`. `negative` (tracks,) tells those without a phrase.
    """

    scores: np.ndarray
    starts: np.ndarray
    negative: np.ndarray
    firsts: np.ndarray
    lasts: np.ndarray
    ends: np.ndarray
    owners: np.ndarray
    hours: float


def line_up(tracks, rules=RULES):
    """The `Timeline` of tracks, whose scores and phrases must make sense."""
    if not tracks:
        raise ValueError("there is no track to judge")
    gap = np.full(in_frames(rules.refractory) + 1, -np.inf)
    pieces, starts, phrases, place = [], [], [], 0
    for number, track in enumerate(tracks):
        scores = smoothed(track.scores, rules)
        for first, last, end in _windows(track, scores, rules):
            phrases.append((place + first, place + last, end, number))
        starts.append(place)
        pieces += [scores, gap]
        place += len(scores) + len(gap)
    firsts, lasts, ends, owners = np.array(phrases, np.float64).reshape(-1, 4).T
    negative = np.array([not len(track.ends) for track in tracks])
    frames = sum(len(track.scores) for track in tracks if not len(track.ends))
    return Timeline(
        np.concatenate(pieces), np.array(starts), negative, firsts.astype(np.int64),
        lasts.astype(np.int64), ends, owners.astype(np.int64), frames * FRAME_SECONDS / 3600,
    )  # fmt: skip


def _windows(track, scores, rules):
    """For each phrase the first and last frame of a right detection, and its end in seconds.

    Of two phrases close to each other, a detection after the end of the first belongs to the
    second as soon as it is not too early for that, so that windows never overlap.
    """
    ends = np.asarray(track.ends, np.float64)
    if scores.ndim != 1 or not len(scores) or not np.isfinite(scores).all():
        raise ValueError(f"track {track.name!r} needs finite scores, one per frame")
    if len(ends) and not (
        ends[0] >= 0
        and (np.diff(ends) > FRAME_SECONDS).all()
        and ends[-1] <= (len(scores) + 10) * FRAME_SECONDS
    ):
        raise ValueError(f"track {track.name!r}: the ends of its phrases must rise, within it")
    firsts = np.ceil(np.round((ends - rules.early) / FRAME_SECONDS, 6)).astype(int) - 1
    lasts = np.floor(np.round((ends + rules.late) / FRAME_SECONDS, 6)).astype(int) - 1
    over = np.floor(np.round(ends / FRAME_SECONDS, 6)).astype(int) - 1
    firsts[1:] = np.maximum(firsts[1:], over[:-1] + 1)
    lasts[:-1] = np.minimum(lasts[:-1], firsts[1:] - 1)
    firsts, lasts = (np.clip(frames, 0, len(scores) - 1) for frames in (firsts, lasts))
    return zip(firsts, lasts, ends, strict=True)


def judge(line, fired):
    """The phrases that were detected, the frames, and the detections that belong to none.

    Args:
        line: The `Timeline`.
        fired: Frames of detections, ascending.

    Returns:
        The numbers of the phrases that were hit, the frame of the first detection of each, and the
        frames of detections that belong to no phrase.
    """
    phrase = np.searchsorted(line.firsts, fired, "right") - 1
    right = phrase >= 0
    right[right] = fired[right] <= line.lasts[phrase[right]]
    hit, first = np.unique(phrase[right], return_index=True)
    return hit, fired[right][first], fired[~right]


def track_numbers(line, frames):
    """The number of the track in which each frame of the timeline lies."""
    return np.searchsorted(line.starts, frames, "right") - 1


def phrase_peaks(line):
    """(phrases,) the highest score in the window of each phrase of a timeline."""
    windows = zip(line.firsts, line.lasts, strict=True)
    return np.array([line.scores[first : last + 1].max() for first, last in windows])


def second_peaks(line):
    """The highest score in every second of the negatives of a timeline, descending."""
    second = in_frames(1.0)
    negative = np.repeat(line.negative, np.diff(line.starts, append=len(line.scores)))
    scores = np.where(negative, line.scores, -np.inf)
    scores = np.pad(scores, (0, -len(scores) % second), constant_values=-np.inf)
    peaks = np.sort(scores.reshape(-1, second).max(axis=1))[::-1]
    return peaks[np.isfinite(peaks)]
