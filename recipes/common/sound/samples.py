"""Samples of sound as arrays: rate, types, power and mixing."""

import fractions
import functools

import numpy as np

SAMPLE_RATE = 16_000  # of all sound, once it is read
HOP = SAMPLE_RATE // 100  # samples of a frame of 10 ms


def as_float(samples):
    """Samples from -1 to 1."""
    return samples.astype(np.float32) / 32_768 if samples.dtype == np.int16 else samples


def to_int16(samples):
    """Samples from -1 to 1 as files hold them."""
    return np.round(np.clip(samples, -1, 1) * 32_767).astype(np.int16)


def resampled(samples, rate):
    """Sound of any rate at 16 kHz.

    Args:
        samples: `(N,)` float32.
        rate: Samples in a second.

    Returns:
        `(round up of N * 16000 / rate,)` float32 in [-1, 1].
    """
    if rate != SAMPLE_RATE and len(samples):
        from scipy import signal

        ratio = fractions.Fraction(SAMPLE_RATE, rate)
        samples = signal.resample_poly(samples, ratio.numerator, ratio.denominator)
    return np.clip(samples, -1, 1).astype(np.float32)


class Resampler:
    """Sound of any rate at 16 kHz as it comes in, the same as `resampled` gives of the whole.

    The filter looks a little ahead, so the last milliseconds wait for the next piece.

    Args:
        rate: Samples in a second.
    """

    def __init__(self, rate):
        self._rate = rate
        ratio = fractions.Fraction(SAMPLE_RATE, rate)
        self._up, self._down = ratio.numerator, ratio.denominator
        # SciPy's filter reaches ten samples of the slower rate to either side.
        reach = -(-10 * max(self._up, self._down) // self._up) + 1
        self._around = -(-reach // self._down) * self._down
        self._held = np.zeros(0, np.float32)
        self._before = 0  # samples held that have been given out

    def push(self, samples):
        """The sound that is now certain, `(n,)` float32, once samples `(N,)` float32 come in."""
        if self._rate == SAMPLE_RATE:
            return np.clip(samples, -1, 1)
        self._held = np.concatenate([self._held, samples])
        ready = (len(self._held) - self._around) // self._down * self._down
        if ready <= self._before:
            return self._held[:0]
        first, last = (n // self._down * self._up for n in (self._before, ready))
        sound = resampled(self._held, self._rate)[first:last]
        keep = max(0, ready - self._around)
        self._held, self._before = self._held[keep:], ready - keep
        return sound

    def rest(self):
        """The end of the sound, which waited for more."""
        if self._rate == SAMPLE_RATE:
            return self._held
        return resampled(self._held, self._rate)[self._before // self._down * self._up :]


def power(samples):
    """The mean square of samples `(N,)`."""
    return np.dot(samples, samples) / len(samples)


def add(row, voice, place):
    """Add `voice` to `row` from a place on; what lies outside of the row is left out."""
    start, end = max(0, place), min(len(row), place + len(voice))
    if start < end:
        row[start:end] += voice[start - place : end - place]


def stretch(sounds, length, generator):
    """A drawn stretch of one of several sounds, repeated if it is too short."""
    sound = sounds[generator.integers(len(sounds))]
    if len(sound) < length:
        sound = np.tile(sound, -(-length // len(sound)))
    start = generator.integers(0, len(sound) - length + 1)
    return as_float(sound[start : start + length])


@functools.cache
def static():
    """A long white noise, `(1, N)`, always the same: to draw a stretch of it is fast."""
    return np.random.Generator(np.random.PCG64(0)).standard_normal((1, 1 << 20), np.float32)
