"""Imperfections that recordings of people have and synthetic voices lack, added to a clip.

Between their sounds synthetic voices are silent to the last bit, and their formants keep the
heights that a rule gives them. A network that relies on either hears no one. What follows fills
the gaps and lets the balance of low and high sounds stray.
"""

import numpy as np
from scipy import signal

from recipes.common.sound import noises, voices
from recipes.common.sound.samples import HOP, SAMPLE_RATE

# Edges of the bands are drawn between these, in octaves from 1 kHz.
EDGES = ((-2.0, -0.7), (-0.2, 0.8), (1.1, 1.9))
EVEN_SHARE, FILLED_SHARE, OVERLOADED_SHARE = 0.4, 0.7, 0.3  # of the clips


def bands(number, points, seed):
    """Drawn divisions of the spectrum into four bands, `(number, 4, points // 2 + 1)` float32.

    Those of a division add up to 1 at each frequency.
    """
    generator = np.random.Generator(np.random.PCG64([seed, 9]))
    hertz = np.linspace(0, SAMPLE_RATE / 2, points // 2 + 1)
    octaves = np.log2(np.maximum(hertz, 20) / 1000)
    drawn = np.ones((number, len(EDGES) + 1, len(octaves)), np.float32)
    for division in drawn:
        for band, (lowest, highest) in enumerate(EDGES):
            edge = generator.uniform(lowest, highest)
            above = 0.5 - 0.5 * np.cos(np.pi * np.clip((octaves - edge) / 0.5 + 0.5, 0, 1))
            division[band] *= 1 - above
            division[band + 1 :] *= above
    return drawn


def hisses(number, length, seed):
    """Noise from white to nearly pink, `(number, length)` float32, each with a mean square of 1."""
    generator = np.random.Generator(np.random.PCG64([seed, 10]))
    drawn = [noises.hiss(length, generator, slope) for slope in np.linspace(0, 1.5, number)]
    return np.stack([row / np.sqrt(np.mean(np.square(row))) for row in drawn]).astype(np.float32)


def stray(sounds, generator):
    """The sum of bands `(4, N)`, each growing louder and softer on its own, `(N,)` float32."""
    deviation, length = generator.uniform(2, 6), sounds.shape[1]
    for sound in sounds:
        decibels = voices.curve(length // HOP + 2, deviation, generator)
        sound *= voices.between((10 ** (decibels / 20)).astype(np.float32), length)
    return sounds.sum(0)


def fill(row, hiss, generator):
    """Add to a clip `(N,)` noise that comes with the voice and dies away after it."""
    frames = np.sqrt(voices.powers(row))
    kept = np.exp(-1 / generator.uniform(1, 15))  # from one frame to the next
    level = signal.lfilter([1 - kept], [1, -kept], frames)
    level *= 10 ** (generator.uniform(-45, -12) / 20)
    level = np.append(level, level[-1]).astype(np.float32)
    row += voices.between(level, len(row)) * hiss


def overload(row, generator):
    """Bend a clip's peaks, one side more than the other, as a small microphone does."""
    limit = np.abs(row).max(initial=1e-9) * generator.uniform(0.15, 1)
    bias = generator.uniform(-0.3, 0.3)
    row[:] = limit * (np.tanh(row / limit + bias) - np.tanh(bias))
