"""Moments at which a clip is looked at, and the events that are on at each."""

import numpy as np

from recipes.datasets.moving_shapes import NOTHING


def of_clip(facts, frames, fps):
    """Seconds of the frames that stand for a whole clip, at most so many.

    Args:
        facts: The `reading.Facts` of the clip.
        frames: Number of frames at most.
        fps: Frames a second, of which the middle ones are taken; 0 spreads them over the clip.
    """
    if not fps:
        count = min(frames, facts.count)
        return (np.arange(count) + 0.5) * facts.seconds / count
    total = max(1, round(facts.seconds * fps))
    count = min(frames, total)
    return np.minimum((total - count) // 2 + np.arange(count) + 0.5, facts.seconds * fps) / fps


def of_stretches(facts, frames, fps):
    """Seconds of all frames of a clip, as a list of arrays of at most so many each.

    Args:
        facts, frames: As for `of_clip`.
        fps: Frames a second; 0 for all.
    """
    rate = fps or facts.rate
    total = max(1, round(facts.seconds * rate))
    times = (np.arange(total) + 0.5) / rate
    return [times[start : start + frames] for start in range(0, total, frames)]


def labels_at(times, events):
    """The label at each moment, `none` where there is no event.

    Args:
        times: Seconds.
        events: A list of `(start, end, label)`.
    """
    found = [NOTHING] * len(times)
    for start, end, label in events:
        for i in np.flatnonzero((times >= start) & (times < end)):
            found[i] = label
    return found


def runs(labels, nothing=NOTHING):
    """Events as runs of one label: a list of `(first, after the last, label)`, `none` left out.

    Args:
        labels: A label for each frame.
        nothing: The label of frames without an event.
    """
    found, first = [], 0
    for i in range(1, len(labels) + 1):
        if i == len(labels) or labels[i] != labels[first]:
            if labels[first] != nothing:
                found.append((first, i, labels[first]))
            first = i
    return found
