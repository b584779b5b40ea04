"""Pictures of detectors are drawn whatever the curve; the sound in them is where it belongs."""

import matplotlib.colors
import matplotlib.image
import numpy as np
import pytest

from recipes.common.plots import BLUE, GREY, RED
from recipes.wakeword.detection.curve import curve
from recipes.wakeword.detection.triggers import Track
from recipes.wakeword.plots import PUBLISHED, _extremes, _spectrogram, error_curve, timeline


def a_curve(spoken, heard, frames=36_000):
    """Of phrases and negatives with one peak each, of these heights."""
    tracks = []
    for length, ends, heights in ((300, (2.0,), spoken), (frames, (), heard)):
        for height in heights:
            scores = np.full(length, -9.0)
            scores[min(200, length // 2)] = height
            tracks.append(Track("a track", scores, ends))
    return curve(tracks)


def pixels(path, colour):
    """How many pixels of a picture have about this colour."""
    picture = matplotlib.image.imread(path)[..., :3]
    return (abs(picture - matplotlib.colors.to_rgb(colour)).max(axis=-1) < 0.1).sum()


@pytest.mark.parametrize(
    "found",
    [
        a_curve([3, 4, 5], [1, 2]),  # no miss
        a_curve([1], [5]),
        a_curve([1, 3] * 10, [2, 4], 3_600_000),  # twenty hours
        {"clean": a_curve([3], [1]), "costs $5 and $6": a_curve([1, 3], [2], 100)},
    ],
)
def test_error_curves(found, tmp_path):
    error_curve(found, tmp_path / "with.png")
    assert pixels(tmp_path / "with.png", BLUE) > 500
    assert (pixels(tmp_path / "with.png", RED) > 500) == isinstance(found, dict)
    assert pixels(tmp_path / "with.png", GREY) > 500
    error_curve(found, tmp_path / "without.png", points=())
    assert pixels(tmp_path / "without.png", BLUE) > 500
    assert pixels(tmp_path / "without.png", GREY) < pixels(tmp_path / "with.png", GREY) / 2


def test_published_figures_have_a_source():
    figures = {point.name: (point.alarms_per_hour, point.miss_rate) for point in PUBLISHED}
    assert figures == {
        "Porcupine": (0.1, 0.027),
        "Snowboy": (0.1, 0.319),
        "openWakeWord": (0.38, 0.039),
        "microWakeWord": (0.25, 0.051),
    }
    assert all(point.source for point in PUBLISHED)


@pytest.mark.parametrize("seconds", [0.02, 60])
def test_timelines(seconds, tmp_path):
    times = np.arange(round(16_000 * seconds)) / 16_000
    samples = 0.5 * np.sin(2 * np.pi * 1_000 * times)
    scores = np.sin(np.arange(len(samples) // 160) / 20)
    fired = [len(scores) // 2]
    timeline(samples, scores, 0.5, fired, tmp_path / "timeline.png", ends=[0.01])
    assert pixels(tmp_path / "timeline.png", RED) > 500
    timeline(np.zeros_like(samples), scores, 0.5, [], tmp_path / "silence.png")
    assert pixels(tmp_path / "silence.png", RED) < 50
    with pytest.raises(ValueError, match="at least a frame"):
        timeline(samples[:100], [], 0.5, [], tmp_path / "empty.png")


def test_what_a_timeline_shows_lies_where_it_was_heard():
    samples = np.zeros(16_000, np.float32)
    samples[4_000:5_000] = np.sin(2 * np.pi * 2_000 * np.arange(1_000) / 16_000)
    decibels = _spectrogram(samples)
    assert decibels.shape == (257, 100)
    frequency, column = np.unravel_index(decibels.argmax(), decibels.shape)
    assert frequency == 2_000 * 512 / 16_000
    assert 25 <= column <= 31
    long = np.zeros(1_000_003)
    long[700_000] = 2
    times, low, high = _extremes(long, 0.5)
    assert 2_000 <= len(times) <= 2_010
    assert times[high.argmax()] == pytest.approx(350_000, rel=0.001)
    assert low.min() == low.max() == 0
