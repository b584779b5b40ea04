"""The embedded digits: the same bytes each time, balanced, with held-out combinations."""

import hashlib
import time

import numpy as np
import pytest

from recipes.common.data import catalog
from recipes.common.pictures import labelled
from recipes.common.pictures.settings import LabelledPictures
from recipes.datasets import rendered_digits
from recipes.datasets.digits import fonts, pen
from recipes.datasets.draw import Draw


def test_every_style_of_every_digit_is_trained_on_and_held_out_in_some_slants():
    for label in range(10):
        for style in rendered_digits.STYLES:
            held = [
                rendered_digits.is_held_out(label, style, slant) for slant in rendered_digits.SLANTS
            ]
            assert sum(held) <= 1
        for slant in rendered_digits.SLANTS:
            held = [
                rendered_digits.is_held_out(label, style, slant) for style in rendered_digits.STYLES
            ]
            assert 0 < sum(held) < len(held)


def test_test_digits_are_of_held_out_combinations_alone(monkeypatch):
    drawn = []
    monkeypatch.setattr(
        rendered_digits, "picture", lambda draw, *combination: drawn.append(combination)
    )
    for split in ("validation", "test"):
        drawn.clear()
        labels = [label for _, label in rendered_digits.digits(split)]
        assert labels == [combination[0] for combination in drawn]
        assert np.bincount(labels).tolist() == [rendered_digits.SIZES[split] // 10] * 10
        assert {rendered_digits.is_held_out(*combination) for combination in drawn} == {
            split == "test"
        }


@pytest.mark.parametrize("style", ["pen_1", "pen_2", "DejaVuSans", "cmss10"])
def test_digits_are_inside_their_picture_and_differ(style):
    draw = Draw("test")
    for label in range(10):
        image = rendered_digits.picture(draw, label, style, "right")
        assert image.shape == (28, 28, 1)
        assert image.dtype == np.uint8
        assert 20 < np.count_nonzero(image > 128) < 350
        border = image[[0, -1]].sum() + image[:, [0, -1]].sum()
        assert border < 0.02 * image.sum(), (style, label)


def test_a_curve_passes_through_its_points_and_a_pen_inks_them():
    points = np.array([[0.0, 0.0], [4.0, 1.0], [6.0, 5.0]]) + 4
    curve = pen.curve(points)
    np.testing.assert_allclose(curve[:: pen.STEPS], points)
    ink = pen.ink(curve, 16, 1.0)
    assert ink[4, 4] == ink[5, 8] == 1
    assert ink[14, 2] == 0
    assert fonts.glyph("DejaVuSans", 1).max() > 0.9


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        started = time.process_time()
        builder = catalog.builder_of("rendered_digits", str(tmp_path / name))
        catalog.ensure_prepared(builder, "rendered_digits")
        assert time.process_time() - started < 30  # 9 s on a quiet machine
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    parts, _, names = labelled.load(
        LabelledPictures(data="rendered_digits", data_dir=str(tmp_path / "first"))
    )
    assert names == list("0123456789")
    assert {name: len(part) for name, part in parts.items()} == rendered_digits.SIZES
