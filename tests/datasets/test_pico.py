"""The synthesiser Pico: its voices are there; speed, pitch and vocal tract are those asked for."""

import subprocess
import sys
import types

import numpy as np
import pytest

from recipes.datasets.speech import espeak, pico, pico_engine

needed = pytest.mark.skipif(
    not pico_engine.is_there(), reason="the second speaker needs the package ttspico"
)


def pitch(samples):
    """The most frequent period of the loudest half second, in hertz."""
    middle = int(np.argmax(np.convolve(samples**2, np.ones(8_000), "same")))
    part = samples[max(0, middle - 4_000) : middle + 4_000]
    alike = np.correlate(part, part, "full")[len(part) - 1 :]
    return 16_000 / (50 + int(np.argmax(alike[50:250])))


def length(samples):
    """The samples from the first sound to the last."""
    start, end = espeak.extent(samples)
    return end - start


@needed
@pytest.mark.parametrize("voice", [*pico.ENGLISH, *pico.FOREIGN])
def test_what_is_asked_for_is_heard(voice):
    plain = pico.say("turn on the lamp", voice)
    assert plain.dtype == np.float32
    assert 0.1 < np.abs(plain).max() < 1
    slow, fast = (pico.say("turn on the lamp", voice, rate=rate) for rate in (110, 260))
    assert length(slow) > 1.25 * length(plain) > 1.5 * length(fast)
    low, high = (pico.say("turn on the lamp", voice, pitch=p) for p in (10, 90))
    assert pitch(high) > 1.3 * pitch(low)
    short, long = (pico.say("turn on the lamp", voice, warp=w) for w in (1.2, 0.75))
    assert pitch(short) > 1.3 * pitch(long)
    assert abs(length(short) / length(long) - 1) < 0.15  # the speed stays


@needed
@pytest.mark.parametrize("first", ["tensorflow", "numpy"])
def test_what_was_loaded_before_does_not_get_in_its_way(first):
    code = f"import {first}; from recipes.datasets.speech.pico import say; "
    code += "print(len(say('hello', 'pico/en-US')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) > 4_000


@needed
def test_a_voice_that_is_not_there_is_no_other():
    with pytest.raises(ValueError, match="there is no voice 'gmw/en'"):
        pico.say("hello", "gmw/en")


@needed
def test_what_it_cannot_say_is_silence(monkeypatch):
    assert not len(pico.say("ňň ľŕ", "pico/en-US"))

    class Failing:
        def speak(self, text):
            raise RuntimeError("Text to speech failed")

    monkeypatch.setattr(pico_engine, "engine", lambda language: Failing())
    assert not len(pico.say("hello", "pico/en-US"))


def test_without_the_package_or_its_voices_it_is_not_there(monkeypatch):
    monkeypatch.setattr(pico_engine, "engine", pico_engine.engine.__wrapped__)
    engines = types.ModuleType("ttspico")

    def no_voices(language):
        raise RuntimeError("Could not instantiate TTS engine")

    engines.TtsEngine = no_voices
    for module in (None, engines):
        monkeypatch.setitem(sys.modules, "ttspico", module)
        assert not pico_engine.is_there.__wrapped__()
