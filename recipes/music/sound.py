"""A simple synthesiser: frames as sound, a few overtones for each note."""

import io
import wave

import numpy as np

from recipes.common import storage

RATE = 22_050  # samples a second
OVERTONES = (1.0, 0.5, 0.3, 0.18, 0.1, 0.06)
ATTACK, RELEASE = 0.015, 0.08  # seconds
FADES = 1.2  # of a held note, a second


def synthesise(frames, frames_per_quarter, tempo):
    """Samples, `(N,)` float32 from -1 to 1; a key that sounds in frames on end is one note."""
    step = 60 / tempo / frames_per_quarter
    samples = np.zeros(int((len(frames) * step + RELEASE) * RATE) + 1, np.float32)
    for key, first, last in notes(frames):
        start = int(first * step * RATE)
        time = np.arange(int(((last - first) * step + RELEASE) * RATE)) / RATE
        left = (last - first) * step + RELEASE - time
        envelope = np.minimum(time / ATTACK, 1) * np.minimum(left / RELEASE, 1)
        envelope *= np.exp(-FADES * time)
        pitch = 440 * 2 ** ((key - 69) / 12)
        tone = sum(
            loudness * np.sin(2 * np.pi * number * pitch * time)
            for number, loudness in enumerate(OVERTONES, start=1)
            if number * pitch < RATE / 2
        )
        samples[start : start + len(time)] += (tone * envelope)[: len(samples) - start]
    return samples / max(1e-9, 1.05 * np.abs(samples).max())


def notes(frames):
    """`(key, first, last)` of each note: the frame where it begins, and that after its end."""
    found, begun = [], {}
    for place, frame in enumerate([*frames, ()]):
        for key in [key for key in begun if key not in frame]:
            found.append((key, begun.pop(key), place))
        for key in frame:
            begun.setdefault(key, place)
    return sorted(found, key=lambda note: (note[1], note[0]))


def write(path, samples):
    """Write samples as a WAV file of 16 bits."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32_767).astype("<i2").tobytes())
    storage.write_bytes(path, content.getvalue())
