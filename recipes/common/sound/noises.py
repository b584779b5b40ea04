"""Sounds of rooms that are no speech, made by code: hiss, water, hum, clatter, wind, tones."""

import numpy as np
from scipy import fft

from recipes.common.sound.samples import SAMPLE_RATE

KINDS = ("hiss", "water", "hum", "clatter", "wind", "tones", "motor")


def pool(number, seconds, seed):
    """Stretches of noise of every kind.

    Args:
        number: How many, the kinds in turn.
        seconds: Length of each.
        seed: What the same noises are drawn from again.

    Returns:
        `(number, seconds * 16,000)` float32, each with a mean square of 1.
    """
    generator = np.random.Generator(np.random.PCG64([seed, 5]))
    length = round(seconds * SAMPLE_RATE)
    made = np.stack([noise(KINDS[i % len(KINDS)], length, generator) for i in range(number)])
    return made / np.sqrt(np.mean(made**2, 1, keepdims=True) + 1e-12)


def noise(kind, length, generator):
    """One stretch of `length` samples of a kind, `(length,)` float32."""
    return {
        "hiss": hiss,
        "water": water,
        "hum": hum,
        "clatter": clatter,
        "wind": wind,
        "tones": tones,
        "motor": motor,
    }[kind](length, generator).astype(np.float32)


def hiss(length, generator, slope=None):
    """Noise whose power falls by a drawn slope with frequency, from white to brown."""
    slope = generator.uniform(0, 2) if slope is None else slope
    spectrum = fft.rfft(generator.standard_normal(length, np.float32))
    place = np.maximum(np.arange(len(spectrum)), length * 30 / SAMPLE_RATE)
    spectrum *= (place / len(place)) ** (-slope / 2)
    return fft.irfft(spectrum, length)


def water(length, generator):
    """A tap: bright noise in a band, its loudness flickering, with drops."""
    spectrum = fft.rfft(generator.standard_normal(length, np.float32))
    hertz = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    centre, width = generator.uniform(800, 5_000), generator.uniform(0.5, 1.5)
    shape = np.exp(-0.5 * (np.log2(np.maximum(hertz, 20) / centre) / width) ** 2) + 0.05
    flicker = _slow(length, generator, generator.uniform(5, 40))
    drops = clatter(length, generator, rate=10, lowest=500, decay=0.01)
    return fft.irfft(spectrum * shape, length) * np.exp(0.4 * flicker) + 0.1 * drops


def hum(length, generator):
    """The mains and its overtones over a quiet hiss."""
    time = np.arange(length) / SAMPLE_RATE
    base = generator.choice([50.0, 60.0]) * generator.uniform(0.98, 1.02)
    sound = sum(
        generator.uniform(0, 1) / k * np.sin(2 * np.pi * base * k * time + generator.uniform(0, 6))
        for k in range(1, 20)
    )
    return sound + 0.1 * hiss(length, generator)


def clatter(length, generator, rate=None, lowest=300, decay=None):
    """Dishes and cutlery: blows at random moments, each a few resonances that die away."""
    rate = generator.uniform(1, 8) if rate is None else rate
    sound = 0.02 * hiss(length, generator, 1.0)
    for _ in range(generator.poisson(rate * length / SAMPLE_RATE)):
        start = generator.integers(0, length)
        rest = min(length - start, SAMPLE_RATE // 2)
        time = np.arange(rest) / SAMPLE_RATE
        blow = np.zeros(rest)
        for _ in range(generator.integers(2, 7)):
            hertz = lowest * (7_500 / lowest) ** generator.random()
            fading = generator.uniform(0.004, 0.12) if decay is None else decay
            blow += (
                generator.uniform(0.2, 1)
                * np.sin(2 * np.pi * hertz * time)
                * np.exp(-time / fading)
            )
        click = generator.standard_normal(rest) * np.exp(-time / 0.002)
        sound[start : start + rest] += generator.exponential() * (blow + click)
    return sound


def wind(length, generator):
    """Low rumbling that swells and sinks."""
    return hiss(length, generator, generator.uniform(2, 3)) * np.exp(
        _slow(length, generator, generator.uniform(0.5, 3))
    )


def tones(length, generator):
    """Something like music: notes with overtones, several at once."""
    sound = np.zeros(length)
    for _ in range(generator.poisson(3 * length / SAMPLE_RATE) + 1):
        start = generator.integers(0, length)
        rest = min(length - start, int(SAMPLE_RATE * generator.uniform(0.1, 1.2)))
        time = np.arange(rest) / SAMPLE_RATE
        base = 110 * 2 ** (generator.integers(0, 37) / 12)
        note = sum(np.sin(2 * np.pi * base * k * time) / k**1.5 for k in range(1, 7))
        rising = np.minimum(1, time / 0.01) * np.exp(-time / generator.uniform(0.1, 1))
        sound[start : start + rest] += generator.uniform(0.2, 1) * note * rising
    return sound + 0.005 * hiss(length, generator)


def motor(length, generator):
    """A machine: noise that beats with its turning, and whines."""
    time = np.arange(length) / SAMPLE_RATE
    turns = generator.uniform(8, 120)
    beat = 1 + generator.uniform(0.2, 0.9) * np.sin(2 * np.pi * turns * time)
    whine = np.sin(2 * np.pi * turns * generator.integers(4, 30) * time)
    return hiss(length, generator, generator.uniform(0.5, 1.5)) * beat + 0.2 * whine


def _slow(length, generator, hertz):
    """Changes of about this many a second, with a deviation of 1."""
    points = generator.standard_normal(max(4, int(length / SAMPLE_RATE * hertz) + 2))
    return np.interp(np.linspace(0, len(points) - 1, length), np.arange(len(points)), points)
