"""Digits drawn by code: written with a pen or printed in a font, and then distorted."""

import math

import numpy as np
import tensorflow_datasets as tfds
from scipy import ndimage

from recipes.datasets.digits import fonts, pen
from recipes.datasets.draw import Draw

SIDE = 28
SIZES = {"train": 10_000, "validation": 1_000, "test": 2_000}
STYLES = ("pen_1", "pen_2", *fonts.FONTS)
SLANTS = {"left": (-0.35, -0.12), "upright": (-0.1, 0.1), "right": (0.12, 0.45)}
PEN_SHARE = 0.6  # of the pictures that are written and not printed
WAVES = 2  # bends of a picture in each direction


class RenderedDigits(tfds.core.GeneratorBasedBuilder):
    """Digits, white on black, 28 pixels wide and high as those of MNIST.

    Three in five are written with a pen whose points are moved and whose width differs, the others
    printed in one of eight fonts. All are slanted, turned, stretched, bent and moved. Some
    combinations of digit, style and slant are set aside: the test part shows them alone, the others
    never. Its twin in the catalogue is `mnist`.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(SIDE, SIDE, 1), encoding_format="png"),
                    "label": tfds.features.ClassLabel(num_classes=10),
                }
            ),
            supervised_keys=("image", "label"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, (image, label) in enumerate(digits(split)):
            yield number, {"image": image, "label": label}


def digits(split):
    """The digits of a split, always the same ones.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Yields:
        Pairs of a `(28, 28, 1)` uint8 picture and its label.
    """
    draw = Draw(f"rendered digits {split}")
    for number in range(SIZES[split]):
        label = number % 10
        while True:
            pens, printed = STYLES[: len(pen.WAYS[0])], fonts.FONTS
            style = draw.one_of(pens if draw.chance(PEN_SHARE) else printed)
            slant = draw.one_of(list(SLANTS))
            if is_held_out(label, style, slant) == (split == "test"):
                break
        yield picture(draw, label, style, slant), label


def is_held_out(label, style, slant):
    """True if a combination of digit, style and slant is kept for the test."""
    return (label + 2 * STYLES.index(style) + 3 * list(SLANTS).index(slant)) % 7 == 0


def picture(draw, label, style, slant):
    """A distorted digit, `(28, 28, 1)` uint8.

    Args:
        draw: A `Draw` that makes the choices.
        label: The digit.
        style: One of `STYLES`.
        slant: One of `SLANTS`.
    """
    lean = _between(draw, *SLANTS[slant])
    turn = _between(draw, -0.12, 0.12)
    height, width = _between(draw, 17, 21), _between(draw, 12, 19)
    # From the unit square around the digit to pixels around the middle: stretch, slant, turn.
    cosine, sine = math.cos(turn), math.sin(turn)
    shape = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1, -lean], [0, 1]])
    shape = shape @ np.diag([width, height])
    middle = SIDE / 2 + np.array([_between(draw, -2, 2), _between(draw, -2, 2)])
    bend = _bend(draw)
    if style.startswith("pen"):
        radius = _between(draw, 0.7, 1.9)
        points = []
        for stroke in pen.strokes(label, int(style[-1]) - 1):
            moved = np.array([[_between(draw, -0.035, 0.035) for _ in "xy"] for _ in stroke])
            same = (stroke[1:] == stroke[:-1]).all(1)  # a corner moves as one point
            moved[1:][same] = moved[:-1][same]
            points.append(pen.curve(stroke + moved))
        placed = np.concatenate(points) @ shape.T
        ink = pen.ink(placed + bend(placed) + middle, SIDE, radius)
    else:
        y, x = np.mgrid[:SIDE, :SIDE] + 0.5
        pixels = np.stack([x.ravel(), y.ravel()], 1) - middle
        found = (pixels - bend(pixels)) @ np.linalg.inv(shape).T * 64 + fonts.SIDE / 2 - 0.5
        # Smoothed, as a picture that is made smaller has to be.
        glyph = ndimage.gaussian_filter(fonts.glyph(style, label), 1.2)
        ink = ndimage.map_coordinates(glyph, found.T[::-1], order=1).reshape(SIDE, SIDE)
    return np.round(255 * np.clip(ink, 0, 1)).astype(np.uint8)[..., None]


def _bend(draw):
    """A smooth displacement of up to some pixels: a sum of sine waves of drawn phases."""
    waves = [
        (
            np.array([_between(draw, -0.3, 0.3), _between(draw, -0.3, 0.3)]),
            _between(draw, 0, 2 * math.pi),
            np.array([_between(draw, -0.7, 0.7), _between(draw, -0.7, 0.7)]),
        )
        for _ in range(WAVES)
    ]

    def displacement(points):
        return sum(np.sin(points @ way + phase)[:, None] * size for way, phase, size in waves)

    return displacement


def _between(draw, low, high):
    return low + (high - low) * draw.random()
