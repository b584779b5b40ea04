"""Digits of the fonts that come with matplotlib, as large pictures to be warped."""

import functools
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSerif-Italic", "DejaVuSansMono",
    "STIXGeneral", "STIXGeneralItalic", "cmss10",
)  # fmt: skip
SIDE = 80


@functools.cache
def glyph(font, digit):
    """A digit of a font, `(80, 80)` from 0 to 1: it is 64 pixels high and in the middle."""
    import matplotlib

    folder = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    loaded = ImageFont.truetype(folder / f"{font}.ttf", 96, layout_engine=ImageFont.Layout.BASIC)
    whole = Image.new("L", (160, 160))
    ImageDraw.Draw(whole).text((40, 10), str(digit), 255, loaded)
    cut = whole.crop(whole.getbbox())
    cut = cut.resize((max(8, cut.width * 64 // cut.height), 64), Image.Resampling.BILINEAR)
    picture = np.zeros((SIDE, SIDE), np.float32)
    left, top = (SIDE - cut.width) // 2, (SIDE - cut.height) // 2
    picture[top : top + cut.height, left : left + cut.width] = np.asarray(cut) / 255
    return picture
