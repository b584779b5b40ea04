"""Distortions of training pictures."""

import numpy as np

from recipes.digits import distortion


def some(rows=6):
    return np.random.default_rng(0).integers(0, 256, (rows, 9, 12, 2)).astype(np.uint8)


def test_without_any_distortion_a_picture_stays(monkeypatch):
    for name in ("TURN", "SLANT", "STRETCH", "SHIFT"):
        monkeypatch.setattr(distortion, name, 0.0)
    found = distortion.distort(some(), np.random.default_rng(0))
    np.testing.assert_allclose(found, some(), atol=1e-3)


def test_a_shift_moves_whole_pictures(monkeypatch):
    for name in ("TURN", "SLANT", "STRETCH"):
        monkeypatch.setattr(distortion, name, 0.0)

    class Largest:
        def uniform(self, low, high, shape):
            return np.full(shape, high)

    monkeypatch.setattr(distortion, "SHIFT", 1 / 3)  # three rows, four columns
    found = distortion.distort(some(), Largest())
    np.testing.assert_allclose(found[:, :-3, :-4], some()[:, 3:, 4:], atol=1e-3)
    np.testing.assert_allclose(found[:, -3:, :-4], np.repeat(some()[:, -1:, 4:], 3, 1), atol=1e-3)


def test_pictures_are_distorted_each_in_its_own_way():
    same = np.repeat(some(1), 5, 0)
    found = distortion.distort(same, np.random.default_rng(0))
    assert found.shape == same.shape
    assert found.min() >= 0
    assert found.max() <= 255
    assert len({x.tobytes() for x in found}) == 5
