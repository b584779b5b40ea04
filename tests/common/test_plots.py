"""Plots: scripts that matplotlib's own font lacks."""

import pytest
from matplotlib import image

from recipes.common import fonts, plots

OF_ANOTHER_FONT = "\u1d81"  # matplotlib's STIXGeneral has it, its usual font has not
OF_NO_FONT = "\U000e0100\U0001bfff\u1780"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No characters sought yet, and the fonts of matplotlib alone installed."""
    own = [name for name in fonts.candidates() if name.startswith("STIX")]
    monkeypatch.setattr(fonts, "FONTS", fonts.Fonts())
    monkeypatch.setattr(fonts, "candidates", lambda: own)


def draw(path, *texts, change=plots.drawable):
    with plots.figure(path) as axes:
        axes.set_xticks(range(len(texts)), map(change, texts))
        axes.set_title(change(texts[0]))
    return axes


@pytest.mark.parametrize("change", [plots.drawable, str])
def test_a_font_that_has_the_characters_is_used(change, tmp_path, capsys):
    axes = draw(tmp_path / "a.png", "plain", f"with {OF_ANOTHER_FONT}", change=change)
    families = axes.get_xticklabels()[1].get_fontfamily()
    assert families == [fonts.USUAL, "STIXGeneral"]
    assert capsys.readouterr().err == ""
    draw(tmp_path / "b.png", "plain", "with  ", change=change)
    assert (image.imread(tmp_path / "a.png") != image.imread(tmp_path / "b.png")).any()


def test_characters_of_no_font_are_told_once(tmp_path, capsys):
    for number in range(2):
        draw(tmp_path / f"{number}.png", OF_NO_FONT, "plain")
    draw(tmp_path / "other.png", "\u1781")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("No installed font has some characters of the plots, such as '\u1780'")
    assert "KHMER LETTER KA" in line


def test_plain_texts_look_for_no_fonts(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "candidates", lambda: pytest.fail("looked for fonts"))
    axes = draw(tmp_path / "a.png", "plain", "\u00e9\u03c2\u0416 \u0634")
    assert axes.title.get_fontfamily() == [fonts.USUAL]
