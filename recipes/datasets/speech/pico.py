"""Another voice for any text: the statistical synthesiser SVOX Pico of the package ttspico.

Its six voices were learnt from people, so that what lies between the sounds is nearer to real
speech than the rules of espeak-ng are. Like that, it gives the same sound for the same calls in the
same order in a fresh process.
"""

import numpy as np

from recipes.datasets.speech import pico_engine
from recipes.datasets.speech.espeak import SAMPLE_RATE, UNITS, resampled

ENGLISH = ("pico/en-US", "pico/en-GB")
# Voices of other languages, and those of espeak-ng for the same ones.
FOREIGN = {
    "pico/de-DE": "gmw/de", "pico/es-ES": "roa/es", "pico/fr-FR": "roa/fr", "pico/it-IT": "roa/it",
}  # fmt: skip
# Ratios that keep resampling cheap, and that make men and children of voices that are all women's.
WARPS = tuple(
    n / UNITS for n in (240, 250, 256, 270, 280, 288, 300, 320, 320, 336, 350, 360, 375, 384)
)
USUAL_RATE = 170  # words in a minute, about
SILENT = 0.02  # a sound that never rises above this is no speech


def say(text, voice, rate=USUAL_RATE, pitch=50, warp=1.0):
    """Read a text out.

    Args:
        text: The text.
        voice: One of `ENGLISH` or `FOREIGN`.
        rate: Words in a minute.
        pitch: 0 to 99, 50 for the usual one.
        warp: Factor of all frequencies, as of a shorter vocal tract; the rate stays.

    Returns:
        `(N,)` float32 in [-1, 1] at `espeak.SAMPLE_RATE`; nothing if it cannot say the text.

    Raises:
        ValueError: If there is no such voice, or it cannot be so fast or slow.
    """
    if voice not in ENGLISH and voice not in FOREIGN:
        raise ValueError(f"there is no voice {voice!r}")
    engine = pico_engine.engine(voice.removeprefix("pico/"))
    engine.rate = round(100 * rate / (USUAL_RATE * warp))
    engine.pitch = 60 + round(0.8 * pitch)
    try:
        spoken = engine.speak(text) or b""
    except RuntimeError:
        spoken = b""
    samples = np.frombuffer(spoken, np.int16).astype(np.float32) / 32_768
    if np.abs(samples).max(initial=0) < SILENT:  # letters that the voice does not know
        return samples[:0]
    return np.clip(resampled(samples, SAMPLE_RATE * warp), -1, 1)
