"""The baseline of a detector: the mean spectrogram of the phrase, slid along the sound."""

import numpy as np

from recipes.common.sound import samples as sound_samples
from recipes.wakeword.detection.triggers import Track

EVERY = 2  # frames: the template and the sound are looked at in steps of 20 ms
LONGEST = 60  # of these steps: 1.2 seconds


def features_of(model):
    """The part of a detector that gives `(B, T, M)` mel levels, by its logarithm."""
    import keras

    from zoo.layers.loudness import LogEnergies

    energies = model.get_layer("energies").output
    return keras.Model(model.input, LogEnergies(name="levels_alone")(energies))


def template(features, clips):
    """The mean of the phrases of a set, aligned at their ends, `(steps, M)`.

    Args:
        features: A model of `features_of`.
        clips: `spoken.Clips`.
    """
    chosen = np.flatnonzero(np.isin(clips.kinds, ("phrase", "own_phrase")))[:1000]
    lengths = (clips.speech_end - clips.speech_start)[chosen]
    steps = min(LONGEST, max(4, round(float(np.median(lengths)) / 160 / EVERY)))
    total = np.zeros((steps, features.output.shape[-1]))
    for i in chosen:
        end = int(clips.speech_end[i])
        voice = clips.audio(int(i))[max(0, end - steps * EVERY * 160) : end]
        voice = np.pad(voice, (steps * EVERY * 160 - len(voice), 0))
        levels = np.asarray(features.predict_on_batch({"samples": voice[None]}))[0]
        total += _centred(levels[EVERY - 1 :: EVERY])
    return _centred(total)


def tracks(features, pattern, sounds):
    """Sounds with, as the score of a frame, how alike the last second is to the template.

    The score is a correlation, from -1 to 1.
    """
    heard = []
    for sound in sounds:
        samples = sound_samples.as_float(sound.samples)[None]
        padded = -(-samples.shape[1] // 64_000) * 64_000
        levels = features.predict_on_batch(
            {"samples": np.pad(samples, ((0, 0), (0, padded - samples.shape[1])))}
        )[0][: samples.shape[1] // 160]
        scores = np.repeat(_correlation(levels[EVERY - 1 :: EVERY], pattern), EVERY)
        late = np.pad(scores, (EVERY - 1, EVERY), mode="edge")[: len(levels)]
        heard.append(Track(sound.name, late.astype(np.float32), sound.ends, sound.group))
    return heard


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
