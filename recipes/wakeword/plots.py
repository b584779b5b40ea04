"""Plots of a detector: misses against false alarms, and its scores over time."""

import itertools
import math
from typing import NamedTuple

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, drawable, figure
from recipes.common.sound.samples import HOP, SAMPLE_RATE
from recipes.wakeword.detection.curve import MOST_ALARMS, operating_rows
from recipes.wakeword.detection.measures import band
from recipes.wakeword.detection.triggers import FRAME_SECONDS
from recipes.wakeword.probabilities import probability, shown

COLORS = (BLUE, RED, "#4a9a5b", "#8a5fb0", "black")
MARKERS = "s^Dvo"
# Probabilities that the scale of logits is marked with.
TICKS = [math.log(p / (1 - p)) for p in (1e-4, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)]
COLUMNS = 2_000  # more of them than pixels would only take time


class Published(NamedTuple):
    """A figure that somebody published of a detector, of data that are not ours."""

    name: str
    alarms_per_hour: float
    miss_rate: float
    source: str


PICOVOICE = "Picovoice wake word benchmark: six phrases, DEMAND noise at 10 dB, LibriSpeech"
PUBLISHED = (
    Published("Porcupine", 0.1, 0.027, PICOVOICE),
    Published("Snowboy", 0.1, 0.319, PICOVOICE),
    Published(
        "openWakeWord", 0.38, 0.039,
        "read off the plot of its alexa model: Picovoice's clips, noise at 10 dB, rooms, DiPCo",
    ),
    Published(
        "microWakeWord", 0.25, 0.051, "read off the plot of its alexa model: Picovoice's clips"
    ),
)  # fmt: skip


def error_curve(curves, path, points=PUBLISHED, seed=0):
    """Misses against false alarms per hour, with the 95 % band of the misses.

    The steps are those of counts: with 2 hours, 1 false alarm is 0.5 an hour. None at all is
    drawn at the left edge, as a logarithm has no place for it.

    Args:
        curves: A `Curve`, or several by name, such as "clean" and "noise at 10 dB".
        path: Where the picture goes.
        points: Published figures to draw beside it.
        seed: Of the bootstrap.
    """
    curves = curves if isinstance(curves, dict) else {"": curves}
    nothing = min([0.05, *(0.5 / found.hours for found in curves.values())])
    with figure(path, width=9.5, height=4.8) as axes:
        for (name, found), color in zip(curves.items(), itertools.cycle(COLORS)):
            rows = operating_rows(found)
            rows = rows[: max(1, math.ceil(MOST_ALARMS * found.hours))]
            edges = np.arange(len(rows) + 1) / found.hours  # (counts + 1,)
            edges[0], edges[-1] = nothing, MOST_ALARMS
            low, high = 100 * band(found, seed)[:, rows]
            missed = 100 * found.miss_rate[rows]
            label = f"{drawable(name)}: " if name else ""
            label += f"phrase {len(found.owners):,} times,\n{_hours(found.hours)} of other sound"
            axes.stairs(high, edges, baseline=low, fill=True, color=color, alpha=0.15, lw=0)
            axes.stairs(missed, edges, baseline=None, color=color, lw=1.8)
            axes.plot([], [], color=color, label=label)
        if points:
            axes.plot([], [], " ", label="\nPublished, of other data:")
        for point, marker in zip(points, itertools.cycle(MARKERS)):
            label = f"{point.name}, {100 * point.miss_rate:.3g} % at {point.alarms_per_hour:g}/h"
            axes.plot(
                point.alarms_per_hour, 100 * point.miss_rate, marker, color=GREY, label=label,
                clip_on=False, mec="white", ms=8,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("symlog", linthresh=1, linscale=0.5)
        # Room below and above, for the lines of detectors that miss nothing or all.
        axes.set(xlim=(nothing, MOST_ALARMS), ylim=(-0.15, 120))
        axes.set(xlabel="false alarms per hour", ylabel="misses (%)")
        axes.set_title("Misses against false alarms")
        decades = [tick for tick in (0.01, 0.1, 1, 10) if tick > 1.5 * nothing]
        axes.set_xticks([nothing, *decades], ["0", *(f"{tick:g}" for tick in decades)])
        percents = (0, 1, 2, 5, 10, 20, 50, 100)
        axes.set_yticks(percents, map(str, percents))
        axes.set_yticks([], minor=True)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _hours(hours):
    return f"{hours:.2g} h" if hours >= 1 else f"{60 * hours:.2g} min"


def timeline(samples, scores, threshold, detections, path, ends=()):
    """The waveform, its spectrogram and the probability over time, with what was detected.

    The probability is drawn on the scale of logits, which shows it near 0 and 1 too.

    Args:
        samples: (N,) sound at 16 kHz, -1 to 1.
        scores: (T,) a logit every 10 ms, smoothed if the detector smooths.
        threshold: The least logit that fires.
        detections: The frames that fired.
        path: Where the picture goes.
        ends: When the phrase truly ended, in seconds, where that is known.
    """
    samples, scores = np.asarray(samples, np.float32), np.asarray(scores, np.float32)
    if not len(samples) or not len(scores):
        raise ValueError("a timeline needs at least a frame of sound")
    seconds = len(samples) / SAMPLE_RATE
    ratios = {"height_ratios": (1, 1.6, 1.6)}
    with figure(path, width=10, height=6, nrows=3, sharex=True, gridspec_kw=ratios) as panels:
        wave, picture, line = panels
        times, low, high = _extremes(samples, 1 / SAMPLE_RATE)
        wave.fill_between(times, low, high, color=GREY, lw=0.5, step="mid")
        wave.set(ylabel="waveform", xlim=(0, seconds))
        decibels = _spectrogram(samples)  # (bins, columns)
        picture.imshow(
            decibels, origin="lower", aspect="auto", cmap="magma", interpolation="nearest",
            extent=(0, seconds, 0, SAMPLE_RATE / 2000), vmin=decibels.max() - 70,
        )  # fmt: skip
        picture.set(ylabel="frequency (kHz)")
        times, _, high = _extremes(scores, FRAME_SECONDS)
        line.plot(times, high, color=BLUE, lw=1.2, label="probability")
        label = f"threshold {shown(threshold)}"
        line.axhline(threshold, color=GREY, ls="--", lw=1, label=label)
        line.set(ylabel="probability", xlabel="seconds")
        low, high = line.get_ylim()
        if len(places := [place for place in TICKS if low <= place <= high]) > 1:
            line.set_yticks(places)
        line.yaxis.set_major_formatter(lambda place, _: f"{probability(place):.4g}")
        fired = (np.asarray(detections, int) + 1) * FRAME_SECONDS
        for panel in panels:
            for label, places, color, style in (
                ("end of the phrase", ends, "#4a9a5b", ":"),
                ("detection", fired, RED, "-"),
            ):
                for number, place in enumerate(places):
                    legend = label if number == 0 else None
                    panel.axvline(place, color=color, ls=style, lw=1.4, label=legend)
        handles, names = line.get_legend_handles_labels()
        line.figure.legend(handles, names, loc="outside upper center", ncols=4, frameon=False)


def _extremes(values, step):
    """Times, lowest and highest value of short pieces, as many as can be seen."""
    size = max(1, len(values) // COLUMNS)
    starts = np.arange(0, len(values), size)
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    return (starts + np.minimum(size, len(values) - starts) / 2 + 0.5) * step, low, high


def _spectrogram(samples, window=400, size=512):
    """Decibels (size / 2 + 1, columns), of Hann windows of 25 ms, 10 ms apart or more."""
    padded = np.pad(samples, (window // 2, window))
    hop = max(HOP, len(samples) // COLUMNS)
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[: len(samples) : hop]
    power = np.abs(np.fft.rfft(windows * np.hanning(window), size)) ** 2  # (columns, bins)
    return 10 * np.log10(power.T + 1e-9)
