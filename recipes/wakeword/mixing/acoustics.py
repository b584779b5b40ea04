"""The way of a clip from the mouth to the samples: rooms, microphones, noise and loudness."""

import numpy as np
from scipy import fft

from recipes.common.sound import imperfections, noises, rooms
from recipes.common.sound.samples import HOP, power, static, stretch

NOISE_SHARE = 0.75  # of the clips get added noise
RECORDED_SHARE, SECOND_SHARE = 0.6, 0.2  # of these, recorded noise if there is some; more noise
ROOM_SHARE, CLOSE_SHARE = 0.5, 0.35  # in a room, and in one with the mouth near the microphone
ROOMS, COLOURINGS, NOISES, BANDS, HISSES = 64, 128, 84, 16, 8


class Acoustics:
    """Draws rooms, microphones and noise for clips.

    Args:
        mix: The `mixing.Mix`; its length of a clip and its signal-to-noise ratios count.
        length: Samples of a clip.
        seed: Seed of the rooms, microphones and noises that clips draw from.
        babbles: More noises, a list of arrays.
        recorded_noise: A list of arrays of recorded noise, or none.
    """

    def __init__(self, mix, length, seed, babbles, recorded_noise):
        self.mix, self.length = mix, length
        self.points = fft.next_fast_len(length + rooms.LENGTH, real=True)
        self.rooms = rooms.spectra(ROOMS, self.points, seed)
        self.colourings = rooms.colourings(COLOURINGS, self.points, seed)
        self.bands = imperfections.bands(BANDS, self.points, seed)
        self.hisses = imperfections.hisses(HISSES, 2 * length, seed)
        self.noises = [*noises.pool(NOISES, 2 * mix.seconds, seed), *babbles]
        self.recorded_noise = [samples for samples in recorded_noise if len(samples) > HOP]

    def heard(self, dry, generators):
        """Clips as microphones hear them.

        Args:
            dry: `(B, points)` float32, speech followed by zeros.
            generators: The generator of each clip.

        Returns:
            `(B, length)` float32 from -1 to 1.
        """
        spectra = fft.rfft(dry)
        for row, generator in zip(spectra, generators, strict=True):
            self._colour(row, generator)
        samples = np.stack(self._balanced(spectra, generators))
        for row, generator in zip(samples, generators, strict=True):
            if generator.random() < imperfections.FILLED_SHARE:
                imperfections.fill(row, stretch(self.hisses, len(row), generator), generator)
            if generator.random() < imperfections.OVERLOADED_SHARE:
                imperfections.overload(row, generator)
            self._add_noise(row, generator)
        return samples

    def _colour(self, spectrum, generator):
        """Multiply a clip's spectrum `(F,)` by those of a microphone and mostly of a room."""
        spectrum *= self.colourings[generator.integers(len(self.colourings))]
        chance, room = generator.random(), self.rooms[generator.integers(len(self.rooms))]
        if chance < ROOM_SHARE:
            spectrum *= room
        elif chance < ROOM_SHARE + CLOSE_SHARE:
            spectrum *= 1 + 10 ** (generator.uniform(-30, -3) / 20) * room

    def _balanced(self, spectra, generators):
        """Clips from their spectra `(B, F)`, the balance of low and high mostly straying."""
        parts = []
        for row, generator in zip(spectra, generators, strict=True):
            is_even = generator.random() < imperfections.EVEN_SHARE
            bands = 1 if is_even else self.bands[generator.integers(len(self.bands))]
            parts.append(np.atleast_2d(row * bands))
        # All at once: one by one takes three times as long.
        sounds = fft.irfft(np.concatenate(parts), self.points)[:, : self.length]
        sounds = np.split(sounds, np.cumsum([len(part) for part in parts])[:-1])
        return [
            imperfections.stray(sound, generator) if len(sound) > 1 else sound[0]
            for sound, generator in zip(sounds, generators, strict=True)
        ]

    def _add_noise(self, row, generator):
        """Noise at a drawn ratio to the speech, and the loudness of a drawn microphone."""
        energy = power(row) or 1e-2
        if generator.random() < NOISE_SHARE:
            own = self.recorded_noise and generator.random() < RECORDED_SHARE
            noise = stretch(self.recorded_noise if own else self.noises, len(row), generator)
            if generator.random() < SECOND_SHARE:
                noise = noise + stretch(self.noises, len(row), generator)
            ratio = generator.uniform(self.mix.softest, self.mix.loudest)
            scale = np.sqrt(energy / (power(noise) + 1e-12)) * 10 ** (-ratio / 20)
            row += scale * noise
        loudness = 10 ** (generator.uniform(-46, -14) / 20)
        row *= loudness / np.sqrt(power(row) + 1e-12)
        row += 10 ** (generator.uniform(-115, -62) / 20) * stretch(static(), len(row), generator)
        np.clip(row, -1, 1, out=row)
