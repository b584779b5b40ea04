"""One utterance said in many ways: where its words are then, and that it stays what it was."""

import numpy as np
import pytest

from recipes.common.sound import voices

SECOND = 16_000


def tone(hertz, seconds=1.0):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * SECOND)) / SECOND).astype(
        np.float32
    )


def peak(sound):
    return np.argmax(np.abs(np.fft.rfft(sound))) * SECOND / len(sound)


def test_speed_moves_the_pitch():
    assert peak(voices.at(tone(400), np.arange(12_700) * 1.25)[:8_000]) == pytest.approx(500, abs=4)


def test_speed_strays_around_one_and_ends_within_the_sound():
    drawn = np.random.default_rng(0)
    speeds, strays = [], []
    for _ in range(200):
        places = voices.speed_curve(SECOND, drawn)
        assert places[0] == 0
        assert SECOND - 4 < places[-1] < SECOND - 2
        steps = np.diff(places)
        assert (steps > 0.5).all()
        speeds.append(np.log(SECOND / len(places)))
        strays.append(np.std(np.log(steps)))
    assert np.mean(speeds) == pytest.approx(0, abs=0.03)
    assert 0.05 < np.std(speeds) < 0.16
    assert 0.05 < np.mean(strays) < voices.DRIFT


@pytest.mark.parametrize("seconds", [0.08, 0.5, 3.0])
def test_words_are_where_they_are_said_to_be(seconds):
    word = tone(700, seconds)
    voice = np.concatenate([np.zeros(1_600), word, np.zeros(3_200)]).astype(np.float32)
    drawn = np.random.default_rng(1)
    lengths = set()
    for _ in range(50):
        said, start, end = voices.vary(voice, 1_600, 1_600 + len(word), drawn)
        assert said.dtype == np.float32
        assert np.isfinite(said).all()
        assert voices.loudness(said) == pytest.approx(1, rel=0.01)
        near = slice(max(0, start - voices.WINDOW), end + voices.WINDOW)
        assert np.square(said[near]).sum() > 0.999 * np.square(said).sum()
        lengths.add(end - start)
    assert max(lengths) > 1.2 * min(lengths)


def test_the_same_draws_say_the_same():
    one, other = (voices.vary(tone(300), 0, SECOND, np.random.default_rng(5))[0] for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_a_whisper_has_the_spectrum_and_not_the_pitch():
    pulses = np.zeros(SECOND, np.float32)
    pulses[::100] = 1  # 160 Hz
    shape = np.exp(-np.arange(60) / 8) * np.cos(2 * np.pi * 1_500 * np.arange(60) / SECOND)
    voice = np.convolve(pulses, shape)[:SECOND].astype(np.float32)
    whisper = voices.whispered(voice, np.random.default_rng(0))
    assert np.square(whisper).sum() == pytest.approx(np.square(voice).sum(), rel=0.15)
    bands = [np.square(np.abs(np.fft.rfft(x))).reshape(-1)[:8_000] for x in (voice, whisper)]
    coarse = [np.sqrt(band.reshape(16, 500).sum(1)) for band in bands]
    assert np.corrcoef(*coarse)[0, 1] > 0.97
    # The pulses come again every 100 samples; the whisper does not.
    again = [np.corrcoef(x[:-100], x[100:])[0, 1] for x in (voice, whisper)]
    assert again[0] > 0.9
    assert abs(again[1]) < 0.3


def test_next_to_nothing_stays_what_it_is():
    for length in (1, 2, 5, 170):
        said, start, end = voices.vary(
            np.zeros(length, np.float32), 0, length, np.random.default_rng(0)
        )
        assert len(said) >= 0
        assert 0 <= start <= end <= len(said)
