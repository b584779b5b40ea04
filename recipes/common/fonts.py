"""Fonts for scripts that matplotlib's own font lacks: installed ones, or one line that says so."""

import contextlib
import functools
import unicodedata
import warnings

from recipes.common.terminal import tell

USUAL = "DejaVu Sans"
PREFERRED = ("Noto Sans", "Noto")
PLACEHOLDERS = "Last Resort"  # a font that has a box for every character


class Fonts:
    """The font families of a process's plots, in the order in which a glyph is looked for."""

    def __init__(self):
        self.families = [USUAL]
        self._sought, self._told = set(), False

    def learn(self, text):
        """Add installed fonts that have the characters of a text; tell once if none has some.

        Texts that are drawn from now on use them.
        """
        import matplotlib

        usual = characters_of(USUAL)
        lacking = {c for c in text if c not in usual and c not in self._sought and c.isprintable()}
        if not lacking:
            return
        self._sought |= lacking
        for name in candidates():
            if found := lacking & characters_of(name):
                self.families.append(name)
                lacking = lacking - found
        matplotlib.rcParams["font.family"] = self.families
        if lacking and not self._told:
            self._told = True
            first = min(lacking)
            tell(
                f"No installed font has some characters of the plots, such as {first!r} "
                f"({unicodedata.name(first, 'unnamed')}): boxes stand for them. The Noto fonts "
                "have most scripts."
            )


FONTS = Fonts()


@functools.cache
def candidates():
    """Names of the installed families, those that were made to go together first."""
    names = sorted(name for name in _regular() if not name.startswith((USUAL, PLACEHOLDERS)))
    return sorted(names, key=lambda name: [not name.startswith(start) for start in PREFERRED])


@functools.cache
def characters_of(name):
    """The characters that the regular font of a family has glyphs for."""
    from matplotlib import ft2font

    try:
        return frozenset(map(chr, ft2font.FT2Font(_regular()[name]).get_charmap()))
    except (OSError, RuntimeError):  # a font of bitmaps, as of coloured emoji
        return frozenset()


@functools.cache
def _regular():
    """The file of the regular font of each installed family that has one, by name."""
    from matplotlib import font_manager

    fonts = font_manager.fontManager.ttflist
    regular = [font for font in fonts if (font.style, font.weight) == ("normal", 400)]
    return {font.name: font.fname for font in reversed(regular)}


@contextlib.contextmanager
def without_warnings():
    """Holds back matplotlib's warning of each glyph that is missing."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        yield


def apply(figure):
    """Make every text of a figure use fonts that have its characters."""
    from matplotlib.text import Text

    for axes in figure.axes:
        axes.get_xticklabels(), axes.get_yticklabels()  # which are made only when asked for
    texts = figure.findobj(Text)
    for text in texts:
        FONTS.learn(text.get_text())
    for text in texts:
        text.set_fontfamily(FONTS.families)
