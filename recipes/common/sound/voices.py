"""Many utterances of one: said faster or unevenly, with other stress, with more breath.

A synthesiser says every word with the same evenness; people do not. What is drawn here moves only
what people vary, so that a word stays that word.
"""

import functools

import numpy as np
from scipy import fft

from recipes.common.sound.samples import HOP, SAMPLE_RATE

FASTEST = 0.16  # of the logarithm of the speed of a whole utterance, both ways
DRIFT = 0.12  # how far, likewise, the speed strays within it: a standard deviation
STRESS = 3.0  # decibels, likewise of its loudness
KNOT = 0.12  # seconds between the places at which these two are drawn
BREATHY_SHARE = 0.3
WINDOW, STEP = 192, 96  # samples: short enough to see no pitch, only what the mouth does


def vary(voice, start, end, generator):
    """An utterance as somebody else might have said it, at a level of 1.

    Args:
        voice: `(N,)` float32.
        start, end: Where its words start and end, in samples.
        generator: The random generator.

    Returns:
        `voice, start, end`.
    """
    places = speed_curve(len(voice), generator)
    start, end = np.searchsorted(places, (start, end))
    voice = at(voice, places)
    loudness = 10 ** (curve(len(voice) // HOP + 2, STRESS, generator) / 20)
    voice *= between(loudness.astype(np.float32), len(voice))
    if generator.random() < BREATHY_SHARE:
        share = generator.uniform(0.2, 1)
        voice = (1 - share) * voice + share * whispered(voice, generator)
    return level(voice), int(start), int(end)


def speed_curve(length, generator):
    """The place, in samples and parts of them, that each sample is to be taken from."""
    speed = generator.uniform(-FASTEST, FASTEST)
    longest = int(length * np.exp(FASTEST + 3 * DRIFT)) // HOP + 2
    speeds = np.exp(speed + curve(longest, DRIFT, generator))
    places = between(np.cumsum(HOP * speeds) - HOP * speeds[0], (longest - 1) * HOP)
    return places[: np.searchsorted(places, length - 2)]


def curve(steps, deviation, generator):
    """`(steps,)`, a value every 10 ms, drawn at knots and on straight lines between them."""
    apart = round(KNOT * SAMPLE_RATE / HOP)
    knots = generator.normal(0, deviation, steps // apart + 2)
    knots = np.clip(knots, -3 * deviation, 3 * deviation)
    return np.interp(np.arange(steps) / apart, np.arange(len(knots)), knots)


def between(values, length):
    """`(length,)` samples on straight lines between values that are `HOP` samples apart."""
    values = values[: length // HOP + 2, None]
    lines = np.diff(values, axis=0) * rising(values.dtype)
    lines += values[:-1]
    return lines.ravel()[:length]


@functools.cache
def rising(dtype):
    """`(HOP,)` the samples' shares of the way from one value to the next."""
    return (np.arange(HOP) / HOP).astype(dtype)


def at(voice, places):
    """A voice between its samples: pitch and formants move with the speed."""
    whole = places.astype(np.int32)
    part = (places - whole).astype(np.float32)
    here = voice.take(whole)
    return here + (voice[1:].take(whole) - here) * part


def whispered(voice, generator):
    """The same mouth with noise instead of a voice: short spectra with drawn phases."""
    count = len(voice) // STEP - 1
    if count < 1:
        return voice
    frames = np.lib.stride_tricks.sliding_window_view(voice, WINDOW)[::STEP][:count]
    window = np.sin(np.pi * (np.arange(WINDOW, dtype=np.float32) + 0.5) / WINDOW)
    spectra = fft.rfft(frames * window)
    places = np.arange(spectra.size) + generator.integers(len(turns()))
    spectra *= np.take(turns(), places, mode="wrap").reshape(spectra.shape)
    # Drawn phases spread a frame's energy, of which the second window lets half pass.
    frames = fft.irfft(spectra, WINDOW) * (2**0.5 * window)
    heard = np.zeros(len(voice), np.float32)
    halves = frames.reshape(count, 2, STEP)
    heard[: count * STEP] += halves[:, 0].ravel()
    heard[STEP : (count + 1) * STEP] += halves[:, 1].ravel()
    return heard


@functools.cache
def turns():
    """Drawn phases, as complex numbers, of which a stretch is taken: drawing them is slow."""
    drawn = np.random.Generator(np.random.PCG64(0)).random(1 << 20, np.float32)
    return np.exp(2j * np.pi * drawn).astype(np.complex64)


def level(voice):
    """A voice whose louder half has a mean square of 1."""
    return voice / (loudness(voice) + 1e-5)


def loudness(samples):
    """The root mean square of the louder half of the frames."""
    parts = powers(samples[: len(samples) // HOP * HOP])
    return float(np.sqrt(np.sort(parts)[len(parts) // 2 :].mean())) if len(parts) else 0.0


def powers(samples):
    """The mean square of every 10 ms, `(N // HOP,)` of `(N,)` samples, a multiple of `HOP`."""
    frames = samples.reshape(-1, HOP)
    return np.einsum("ij,ij->i", frames, frames) / HOP
