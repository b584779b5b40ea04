"""The wakeword recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

import numpy as np
import pytest

OPTIONS = (
    "--phrase alexa --scale 0.005 --examples 64 --batch-size 16 --epochs 2 --mining-epochs 1 "
    "--units 6 --filters 5 --num-mels 12 --num-layers 1 --checkpoint-every 2"
).split()
KINDS = (("wav", "PCM_16"), ("flac", "PCM_24"), ("wav", "FLOAT"))
SPOKEN = {
    "with": ["alexa"] * 6,
    "without": ["the kettle is on", "open the window", "what a day", "good morning", "later", "no"],
}


def data(folder):
    """Write recordings with the phrase and without, as files of several kinds, and odd ones."""
    soundfile = pytest.importorskip("soundfile", reason="needs the extra speech")
    pytest.importorskip("espeakng_loader", reason="needs the extra speech")
    from recipes.datasets.speech import espeak

    for name, texts in SPOKEN.items():
        (folder / name).mkdir()
        for number, text in enumerate(texts):
            suffix, subtype = KINDS[number % len(KINDS)]
            samples = espeak.say(text, espeak.ENGLISH[number], rate=150 + 10 * number)
            samples = np.pad(samples, (4_000, 4_000))
            soundfile.write(folder / name / f"{number}.{suffix}", samples, 16_000, subtype)
    words = folder / "words"
    for word in ("happy", "bird"):
        (words / word).mkdir(parents=True)
        for number in range(2):
            sound = np.random.default_rng(number).normal(0, 0.1, 4_000)
            soundfile.write(words / word / f"{number}_nohash_0.wav", sound, 16_000)
    (words / "validation_list.txt").write_bytes("happy/caf\u00e9_nohash_0.wav\n".encode("cp1252"))


def options(folder):
    """Options that name the data: the voices are made."""
    return []


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / "with" / "0.wav"), str(folder / "without" / "1.flac")]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    words = ["--data", str(folder / "words"), "--keyword", "happy"]
    return [
        (["--phrase", "..."], "cannot be spoken"),
        (["--data", "speech_commands"], "needs --keyword, the word to listen for"),
        ([*words, "--phrase", "alexa"], "--keyword names the word to listen for"),
        ([*words[:-1], "sheila"], "has no folder 'sheila' of recordings of that word"),
        (words, "validation_list.txt is not UTF-8: line 1 has the byte 0xe9"),
        (["--positives", str(folder / "gone")], "There is no file or folder"),
        (["--units", "0"], "--units must be at least 1"),
    ]


def comparable(test):
    """The test figures of a training without those that `evaluate` gives in another form.

    The training reads thresholds off dev and test; `evaluate` has those that it chose on dev.
    """
    conditions = {
        name: {key: value for key, value in found.items() if key != "at_rates"}
        for name, found in test["conditions"].items()
    }
    return {**test, "conditions": conditions}
