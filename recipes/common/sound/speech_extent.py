"""The extent of the speech in a recording."""

import numpy as np

from recipes.common.sound.samples import HOP, SAMPLE_RATE, as_float

# For finding speech, in decibels: digital silence, the least by which speech stands out, the share
# of that which counts as speech, and how far below its loudest part speech is not looked for.
SILENT, LEAST_RISE, RISE, DEPTH = -90, 6, 0.35, 28
# In frames, the longest gaps within a word and between two.
CLOSURE, PAUSE = 15, 40


def speech_extent(samples):
    """The start and the end of the speech in a recording of one utterance.

    The level of frames of 10 ms must rise above a threshold between the noise floor and the loudest
    part. To the stretch with the most energy belong its neighbours after a gap as of a closure,
    and after one as between words if they are no click: long and loud enough for a sound of speech.

    Args:
        samples: `(N,)` at 16 kHz, int16 or float32 from -1 to 1.

    Returns:
        `(start, end)` in samples; the whole if nothing stands out.
    """
    if len(samples) < 10 * HOP:
        return 0, len(samples)
    levels = _levels(samples)
    # Many recorders fill up with zeros, which say nothing about the noise.
    live = levels[levels > SILENT]
    if len(live) < 10:
        return 0, len(samples)
    floor, peak = np.percentile(live, 20), np.percentile(live, 98)
    if len(live) < 0.8 * len(levels) and peak - floor < DEPTH:
        floor = SILENT  # but this is speech between zeros, without any noise
    if peak - floor < LEAST_RISE:
        return 0, len(samples)
    threshold = np.full(len(levels), max(floor + RISE * (peak - floor), peak - DEPTH))
    # The noise may be louder on one side of the loudest part than on the other.
    loudest = int(np.argmax(levels))
    for side in (slice(loudest), slice(loudest, None)):
        live = levels[side][levels[side] > SILENT]
        if len(live) >= 10:
            noise = np.percentile(live, 20) + LEAST_RISE
            threshold[side] = np.maximum(threshold[side], min(noise, peak - 18))
    stretches = [(a, b) for a, b in _stretches(levels > threshold) if b - a >= 3]
    if not stretches:
        return 0, len(samples)
    best = max(range(len(stretches)), key=lambda i: _energy(levels, *stretches[i]))
    first, last = stretches[best]
    for a, b in reversed(stretches[:best]):
        if not _belongs(levels[a:b], first - b, peak):
            break
        first = a
    for a, b in stretches[best + 1 :]:
        if not _belongs(levels[a:b], a - last, peak):
            break
        last = b
    return first * HOP, min(last * HOP, len(samples))


def _belongs(levels, gap, peak):
    """True if a stretch of these levels is speech after a gap of so many frames."""
    return gap <= CLOSURE or (gap <= PAUSE and len(levels) >= 8 and levels.max() > peak - 20)


def _energy(levels, first, last):
    return np.sum(10 ** (levels[first:last] / 10))


def _levels(samples):
    """Decibels of frames of 10 ms, without hum and thumps, smoothed over 30 ms: `(F,)`."""
    from scipy import signal

    band = signal.butter(4, (250, 7_000), "bandpass", fs=SAMPLE_RATE, output="sos")
    padded = np.pad(signal.sosfilt(band, as_float(samples)), (0, -len(samples) % HOP))
    power = np.square(padded.reshape(-1, HOP)).mean(-1)
    smooth = np.convolve(np.pad(power, 1, mode="edge"), np.ones(3) / 3, "valid")
    return 10 * np.log10(smooth + 1e-12)


def _stretches(flags):
    """`(first, last + 1)` of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
