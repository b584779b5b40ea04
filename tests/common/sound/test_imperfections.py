"""What is added to clips of synthetic voices: gaps are filled, bands stray, peaks are bent."""

import numpy as np

from recipes.common.sound import imperfections

LENGTH = 32_000


def draw(seed=0):
    return np.random.default_rng(seed)


def level(samples):
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-12)


def test_bands_divide_the_spectrum():
    drawn = imperfections.bands(5, 4_096, seed=1)
    assert drawn.shape == (5, 4, 2_049)
    np.testing.assert_allclose(drawn.sum(1), 1, atol=1e-6)
    assert drawn.min() >= 0
    centres = (drawn * np.arange(2_049)).sum(-1) / drawn.sum(-1)
    assert (np.diff(centres, axis=1) > 0).all()
    assert len(np.unique(centres.round(3), axis=0)) == 5
    np.testing.assert_array_equal(drawn, imperfections.bands(5, 4_096, seed=1))


def test_bands_stray_apart():
    tone = np.sin(np.arange(LENGTH, dtype=np.float32))
    heard = np.stack([imperfections.stray(np.stack([tone] * 4), draw(i)) for i in range(40)])
    assert heard.dtype == np.float32
    loudness = np.array([[level(part) for part in row.reshape(20, -1)] for row in heard])
    assert 0.5 < loudness.std(1).mean() < 5  # within a clip
    assert abs(np.median(loudness) - level(4 * tone)) < 1.5


def test_gaps_are_filled_after_the_voice_but_not_without_one():
    hiss = imperfections.hisses(3, LENGTH, seed=0)
    np.testing.assert_allclose(np.mean(np.square(hiss), 1), 1, atol=1e-3)
    found = []
    for seed in range(30):
        row = np.zeros(LENGTH, np.float32)
        row[8_000:16_000] = draw().normal(0, 0.1, 8_000)
        imperfections.fill(row, hiss[seed % 3], draw(seed))
        assert np.abs(row[:7_800]).max() < 1e-6
        found.append(level(row[16_000:16_160]) - level(row[8_000:16_000]))
        assert level(row[-160:]) < level(row[16_000:16_160]) - 20
    assert -60 < min(found) < -25
    assert -20 < max(found) < -5
    silent = np.zeros(LENGTH, np.float32)
    imperfections.fill(silent, hiss[0], draw())
    assert not silent.any()


def test_overload_keeps_silence_and_bends_peaks():
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(LENGTH) / 16_000).astype(np.float32)
    tone[:1_000] = 0
    bent = tone.copy()
    imperfections.overload(bent, draw())
    assert np.isfinite(bent).all()
    np.testing.assert_allclose(bent[:1_000], 0, atol=1e-7)
    assert np.abs(bent).max() < np.abs(tone).max()
    power = np.abs(np.fft.rfft(bent[1_000:-1_000] * np.hanning(LENGTH - 2_000))) ** 2
    overtones = power[2 * len(power) // 20 :].sum() / power.sum()
    assert overtones > 1e-4
    silent = np.zeros(LENGTH, np.float32)
    imperfections.overload(silent, draw())
    np.testing.assert_allclose(silent, 0, atol=1e-7)
