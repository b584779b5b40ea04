"""The speaker: voices that are there, speed and pitch that are heard, and where speech is."""

import itertools

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")
pytest.importorskip("soundfile", reason="speech synthesis needs the extra speech")

from recipes.datasets.speech import espeak, plan


def test_the_voices_are_there():
    assert set(espeak.ENGLISH) | set(espeak.FOREIGN) <= set(espeak.voices())
    listed = [*itertools.chain.from_iterable(plan.VARIANTS.values()), *plan.UNUSED]
    assert set(listed) <= set(espeak.variants())
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("voice", "variant"), [("gmw/xx", ""), ("en-gb", ""), ("gmw/en", "nosuchvariant")]
)
def test_a_voice_that_is_not_there_is_no_other(voice, variant):
    with pytest.raises(ValueError, match=r"espeak-ng has no v"):
        espeak.say("hello", voice, variant)


def centroid(samples):
    power = np.abs(np.fft.rfft(samples)) ** 2
    return (power * np.arange(len(power))).sum() / power.sum() / len(power)


def test_what_is_asked_for_is_heard():
    plain = espeak.say("turn on the lamp")
    assert plain.dtype == np.float32
    assert 0.1 < np.abs(plain).max() <= 1
    assert len(espeak.say("turn on the lamp", rate=110)) > 1.3 * len(plain)
    assert len(espeak.say("turn on the lamp", rate=260)) < 0.8 * len(plain)
    lower, higher = (espeak.say("turn on the lamp", warp=warp) for warp in (400 / 441, 500 / 441))
    assert centroid(higher) > 1.15 * centroid(lower)
    assert abs(len(higher) / len(lower) - 1) < 0.08  # the speed stays
    for voice, variant in (("gmw/en-US", "f2"), ("gmw/en-GB-scotland", ""), ("roa/fr", "")):
        other = espeak.say("turn on the lamp", voice, variant)
        assert len(other) != len(plain) or np.abs(other - plain).max() > 0.05


def test_resampling_keeps_tones_and_drops_what_is_too_high():
    for rate in (22_050, 22_050 * 392 / 441, 22_050 * 500 / 441):
        time = np.arange(round(rate)) / rate
        tone, high = (np.sin(2 * np.pi * hertz * time) for hertz in (1_000, 8_900))
        found = espeak.resampled((tone + high).astype(np.float32), rate)
        assert abs(len(found) - 16_000) <= 1
        expected = np.sin(2 * np.pi * 1_000 * np.arange(len(found)) / 16_000)
        np.testing.assert_allclose(found[500:-500], expected[500:-500], atol=0.02)


def test_extent_of_clean_speech():
    burst = np.sin(np.arange(8_000)).astype(np.float32)
    samples = np.concatenate([np.zeros(3_200), burst, np.zeros(1_600)]).astype(np.float32)
    assert espeak.extent(samples) == (3_200, 11_200)
    assert espeak.extent(np.zeros(5_000, np.float32)) == (0, 0)
    assert espeak.extent(samples[:0]) == (0, 0)
