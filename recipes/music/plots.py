"""Pictures of music: piano rolls, the voices or the surprise of each note in colour."""

import matplotlib
import numpy as np

from recipes.common.plots import BLUE, GREY, RED, figure
from recipes.music import harmony, sound

COLOURS = ("#12436d", BLUE, "#5aa469", "#e39a2d", RED)  # of voices, from below
MOST = 6  # nats of the darkest colour
SHOWN = 128  # frames of a piece


def roll(frames, path, frames_per_quarter, title="", given=0):
    """A piano roll, each note in the colour of its rank in the chord where it begins.

    Args:
        frames: The piece.
        path: Where the picture goes.
        frames_per_quarter: Frames a quarter note.
        title: Its title.
        given: Frames at the beginning that were not written, but read.
    """
    with figure(path, width=_width(frames), height=4.2) as axes:
        for key, first, last in sound.notes(frames):
            rank = frames[first].index(key) * (len(COLOURS) - 1) / max(1, len(frames[first]) - 1)
            axes.barh(
                key, last - first, left=first, height=0.9, color=COLOURS[round(rank)],
                edgecolor="white", linewidth=0.4,
            )  # fmt: skip
        if given:
            axes.axvspan(0, given, color=GREY, alpha=0.15, linewidth=0)
        _axes(axes, frames, frames_per_quarter)
        axes.set_title(title, fontsize=10)


def surprise(frames, nats, path, frames_per_quarter, title):
    """A piano roll whose notes have the colour of what they cost the network, read low to high.

    Args:
        frames: The piece.
        nats: `(T,)` nats of its events.
        path: Where the picture goes.
        frames_per_quarter: Frames a quarter note.
        title: Its title.
    """
    frames, place = frames[:SHOWN], 0
    colours = matplotlib.colormaps["OrRd"]
    with figure(path, width=_width(frames) + 0.8, height=4.6) as axes:
        for time, frame in enumerate(frames):
            for key in frame:
                colour = colours(0.08 + 0.92 * min(1.0, nats[place] / MOST))
                axes.barh(
                    key, 1, left=time, height=0.9, color=colour, edgecolor=GREY, linewidth=0.3
                )
                place += 1
            place += 1  # the token of the next frame
        _axes(axes, frames, frames_per_quarter)
        axes.set_title(title, fontsize=10)
        scale = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(0, MOST), colours)
        axes.figure.colorbar(scale, ax=axes, label="nats", pad=0.01, fraction=0.03)


def measures(written, real, path):
    """Measures of written and real pieces, side by side: what is the less the better."""
    names = ("dissonant", "parallel_fifths", "parallel_octaves")
    places = np.arange(1 + len(names))
    with figure(path, width=7, height=3.4) as axes:
        for offset, found, label, colour in (
            (-0.2, written, "written", BLUE), (0.2, real, "test pieces", GREY),
        ):  # fmt: skip
            values = [1 - found["in_key"], *(found[name] for name in names)]
            bars = axes.bar(places + offset, values, 0.38, color=colour, label=label)
            axes.bar_label(bars, [f"{value:.3f}" for value in values], fontsize=8)
        axes.set_xticks(places, ["out of key", *(name.replace("_", " ") for name in names)])
        axes.set_ylabel("share")
        axes.margins(y=0.12)
        axes.legend(frameon=False)


def _width(frames):
    return min(14.0, max(6.0, 0.16 * len(frames)))


def _axes(axes, frames, frames_per_quarter):
    keys = [key for frame in frames for key in frame] or [60]
    low, high = min(keys) - 2, max(keys) + 2
    tonics = [key for key in range(low, high + 1) if key % 12 in (0, 7)]
    axes.set_yticks(tonics, [f"{harmony.NAMES[key % 12]}{key // 12 - 1}" for key in tonics])
    bar = 4 * frames_per_quarter
    axes.set_xticks(range(0, len(frames) + 1, bar), range(0, len(frames) // bar + 1))
    axes.set(xlim=(0, len(frames)), ylim=(low, high), xlabel="bars of four quarter notes")
    axes.grid(color=GREY, alpha=0.25)
    axes.set_axisbelow(True)
