"""Rooms and microphones that colour a sound: responses of boxes, and curves of frequency."""

import functools

import numpy as np
from scipy import fft

from recipes.common.sound.samples import SAMPLE_RATE

SPEED = 343.0  # of sound, in metres a second
LENGTH = 8_000  # samples of a response: half a second
REFLECTIONS = 9  # at most, along each axis


def response(size, source, microphone, absorption, generator):
    """The impulse response of a box-shaped room.

    Reference: Allen & Berkley (1979), "Image method for efficiently simulating small-room
    acoustics", https://doi.org/10.1121/1.382599.

    Args:
        size: Length, width and height in metres.
        source, microphone: Places in it, three coordinates each.
        absorption: Share of the energy that walls take at each reflection.
        generator: Draws the signs of late reflections, without which evenly spaced walls ring.

    Returns:
        `(LENGTH,)` float32, its direct sound at the first sample, with height 1.
    """
    size, source, microphone = (np.asarray(x, float) for x in (size, source, microphone))
    places, bounces = [], []
    order = np.arange(-REFLECTIONS, REFLECTIONS + 1)
    for axis in range(3):
        mirrored = np.where(order % 2 == 0, source[axis], size[axis] - source[axis])
        places.append(order * size[axis] + mirrored - microphone[axis])
        bounces.append(np.abs(order))
    x, y, z = np.meshgrid(*places, indexing="ij")
    hits = sum(np.meshgrid(*bounces, indexing="ij"))
    distance = np.sqrt(x**2 + y**2 + z**2)
    direct = np.linalg.norm(source - microphone)
    delay = ((distance - direct) / SPEED * SAMPLE_RATE).round().astype(int).ravel()
    strength = (direct / distance * (1 - absorption) ** (hits / 2)).ravel()
    signs = np.where(hits.ravel() > 2, generator.choice([-1.0, 1.0], delay.size), 1.0)
    heard = np.zeros(LENGTH)
    inside = delay < LENGTH
    np.add.at(heard, delay[inside], (strength * signs)[inside])
    return heard.astype(np.float32)


@functools.lru_cache(maxsize=4)
def responses(number, seed):
    """The impulse responses of drawn rooms, `(number, LENGTH)` float32, each with an energy of 1.

    Rooms are of 2 to 10 metres with walls that take 5 to 60 % of the energy, the microphone up to
    a few metres away.
    """
    generator = np.random.Generator(np.random.PCG64([seed, 7]))
    heard = np.zeros((number, LENGTH), np.float32)
    for row in heard:
        size = generator.uniform([2.5, 2, 2.2], [10, 7, 3.5])
        microphone = generator.uniform(0.1, 0.9, 3) * size
        source = microphone + generator.normal(0, 1, 3) * generator.uniform(0.3, 2.5) / 1.7
        source = np.clip(source, 0.2, size - 0.2)
        if np.linalg.norm(source - microphone) < 0.1:
            source = size / 2
        row[:] = response(size, source, microphone, generator.uniform(0.05, 0.6), generator)
        row /= np.sqrt(np.sum(row**2))
    return heard


def spectra(number, points, seed):
    """The Fourier transforms of `responses`, `(number, points // 2 + 1)` complex64."""
    return fft.rfft(responses(number, seed), points)


@functools.lru_cache(maxsize=2)
def colourings(number, points, seed):
    """Drawn curves of frequency, `(number, points // 2 + 1)` float32 factors of at most 1."""
    generator = np.random.Generator(np.random.PCG64([seed, 8]))
    return np.stack([_colouring(points, generator) for _ in range(number)])


def _colouring(points, generator):
    """A tilt, bumps, a step at the top, and often a band that the microphone is limited to."""
    hertz = np.linspace(0, SAMPLE_RATE / 2, 65)
    octaves = np.log2(np.maximum(hertz, 60) / 1000)
    decibels = generator.uniform(-4, 4) * octaves
    # Voices differ most in their highest frequencies, synthetic ones from people above all.
    edge = generator.uniform(1.3, 2.5)
    decibels += generator.uniform(-18, 9) * np.clip((octaves - edge) / 0.5 + 0.5, 0, 1)
    for _ in range(3):
        centre, width = generator.uniform(-3.5, 3), generator.uniform(0.4, 1.5)
        decibels += generator.normal(0, 4) * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    if generator.random() < 0.5:
        low, high = generator.uniform(50, 350), generator.uniform(3_400, 8_000)
        decibels -= 24 * np.maximum(0, np.log2(low / np.maximum(hertz, 20)))
        decibels -= 48 * np.maximum(0, np.log2(np.maximum(hertz, 20) / high))
    decibels = np.clip(decibels - decibels.max(), -60, 0)
    places = np.linspace(0, SAMPLE_RATE / 2, points // 2 + 1)
    return np.interp(places, hertz, 10 ** (decibels / 20)).astype(np.float32)
