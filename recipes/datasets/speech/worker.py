"""A fresh process that speaks: utterances on standard input, their sound on standard output.

Standard input is a JSON list of `plan.Utterance`. For each, standard output has a line of
three numbers, the bytes that follow and the start and the end of the speech in samples, and then a
FLAC file.
"""

import io
import json
import sys

import numpy as np

from recipes.datasets.speech import espeak, pico
from recipes.datasets.speech.plan import Utterance

# Silence left around the speech, in samples.
BEFORE, AFTER = 800, 1_600


def spoken(utterance):
    """An utterance as `(samples (N,) int16, start, end)`; `(0, 0)` if it is silent."""
    if utterance.voice.startswith("pico/"):
        kept = ("text", "voice", "rate", "pitch", "warp")
        samples = pico.say(**{name: getattr(utterance, name) for name in kept})
    else:
        samples = espeak.say(*utterance[1:])
    start, end = espeak.extent(samples)
    first, last = max(0, start - BEFORE), end + AFTER
    samples = np.pad(samples[first:last], (0, max(0, last - len(samples))))
    whole = np.round(np.clip(samples, -1, 1) * 32_767).astype(np.int16)
    return whole, start - first, end - first


def main():
    """Speak the utterances of standard input."""
    import soundfile

    out = sys.stdout.buffer
    for row in json.load(sys.stdin):
        samples, start, end = spoken(Utterance(*row))
        file = io.BytesIO()
        soundfile.write(file, samples, espeak.SAMPLE_RATE, format="FLAC")
        content = file.getvalue()
        out.write(f"{len(content)} {start} {end}\n".encode())
        out.write(content)
        out.flush()  # what is done counts even if the next utterance is the library's end


if __name__ == "__main__":
    main()
