"""The baseline of a detector: the mean spectrogram of the phrase, slid along the sound."""

import dataclasses
from typing import Any

import keras
import numpy as np

from recipes.common.sound.samples import HOP, SAMPLE_RATE, as_float
from recipes.wakeword.detection.triggers import Track
from recipes.wakeword.scoring import many_shapes
from zoo.layers.loudness import LogEnergies

EVERY = 2  # frames: the template and the sound are compared in steps of 20 ms
LONGEST = 60  # of these steps: 1.2 seconds
MOST_PHRASES = 1_000  # of which the mean is taken
UNIT = 4 * SAMPLE_RATE  # samples that lengths are rounded up to, so that few are compiled


@dataclasses.dataclass(frozen=True)
class Template:
    """The mean spectrogram of the phrase.

    Attributes:
        levels_of: A model from `{"samples": (B, N)}` to logarithmic mel levels `(B, T, M)`.
        pattern: `(steps, M)`, centred in each band, with a norm of 1.
    """

    levels_of: Any
    pattern: np.ndarray

    @classmethod
    def of(cls, model, clips):
        """The mean of the phrases of a set, aligned at their ends.

        Args:
            model: A detector, whose first layers give the mel energies.
            clips: `Clips`.
        """
        energies = model.get_layer("energies").output
        levels_of = keras.Model(model.input, LogEnergies(name="levels_alone")(energies))
        chosen = np.flatnonzero(clips.is_phrase)[:MOST_PHRASES]
        median = float(np.median((clips.speech_end - clips.speech_start)[chosen]))
        steps = min(LONGEST, max(4, round(median / HOP / EVERY)))
        total = np.zeros((steps, levels_of.output.shape[-1]))
        for i in chosen:
            end, length = int(clips.speech_end[i]), steps * EVERY * HOP
            voice = clips.audio(int(i))[max(0, end - length) : end]
            voice = np.pad(voice, (length - len(voice), 0))
            total += _centred(_levels(levels_of, voice)[EVERY - 1 :: EVERY])
        return cls(levels_of, _centred(total))

    def tracks(self, sounds):
        """`Track`s of sounds: the score of a frame is the correlation of the last second with it.

        The correlation is from -1 to 1.
        """
        scored = []
        for sound in sounds:
            samples = as_float(sound.samples)
            padded = np.pad(samples, (0, -len(samples) % UNIT))
            levels = _levels(self.levels_of, padded)[: len(samples) // HOP]
            scores = np.repeat(_correlation(levels[EVERY - 1 :: EVERY], self.pattern), EVERY)
            late = np.pad(scores, (EVERY - 1, EVERY), mode="edge")[: len(levels)]
            scored.append(Track(sound.name, late.astype(np.float32), sound.ends, sound.group))
        return scored


def _levels(levels_of, samples):
    """The mel levels `(T, M)` of samples `(N,)`."""
    with many_shapes():
        return np.asarray(levels_of.predict_on_batch({"samples": samples[None]}))[0]


def _centred(levels):
    """Levels without their mean in each band, with a norm of 1."""
    levels = levels - levels.mean(0)
    return levels / (np.linalg.norm(levels) + 1e-9)


def _correlation(levels, pattern):
    """`(T,)` of `(T, M)` with `(steps, M)`, over the steps up to each."""
    steps = len(pattern)
    levels = np.concatenate([np.repeat(levels[:1], steps - 1, 0), levels])
    windows = np.lib.stride_tricks.sliding_window_view(levels, steps, 0)  # (T, M, steps)
    product = np.einsum("tms,sm->t", windows, pattern, optimize=True)
    sums = np.cumsum(np.pad(levels, ((1, 0), (0, 0))), 0)
    squares = np.cumsum(np.pad(np.square(levels).sum(1), (1, 0)))
    mean = (sums[steps:] - sums[:-steps]) / steps  # (T, M)
    spread = squares[steps:] - squares[:-steps] - steps * np.square(mean).sum(1)
    return product / np.sqrt(np.maximum(spread, 1e-6))
